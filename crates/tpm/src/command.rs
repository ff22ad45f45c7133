//! One function for each command: the bytes to send, and what its answer holds (part 3).
use crate::{
    MAX_BYTES, NULL, SHA256,
    code::{Meaning, meaning},
    codec::{Reader, Writer},
    quote,
};
use socle_texts::{Fault, Result};
use zeroize::Zeroizing;

/// `TPM_ST_NO_SESSIONS` and `TPM_ST_SESSIONS` (part 2, section 6.9).
const NO_SESSIONS: u16 = 0x8001;
const SESSIONS: u16 = 0x8002;
/// `TPM_RS_PW`: the session of a password (part 2, section 7.4).
const PASSWORD: u32 = 0x4000_0009;
const NOBODY: u32 = 0x4000_0007;
/// `TPM_SE_POLICY`.
const POLICY: u8 = 0x01;
/// `continueSession` (part 2, section 8.4).
const CONTINUE: u8 = 0x01;
/// Bytes before the parameters: tag, length, code.
const HEADER_BYTES: usize = 10;

/// `TPM_RH_OWNER`.
pub const OWNER: u32 = 0x4000_0001;
/// `TPM_RH_ENDORSEMENT`.
pub const ENDORSEMENT: u32 = 0x4000_000b;
/// `TPM_RH_PLATFORM`: the firmware's, closed once a system runs.
pub const PLATFORM: u32 = 0x4000_000c;
/// Where an operating system keeps the endorsement key, if it does ("TCG TPM v2.0 Provisioning Guidance", section 7.8).
pub const KEPT_EK: u32 = 0x8101_0001;
/// Where a maker keeps the certificate of the endorsement key of the profile's form L-1 ("TCG EK Credential Profile",
/// section 2.2.1.4).
pub const EK_CERTIFICATE: u32 = 0x01c0_0002;
/// How much of it is read at once: what every TPM gives.
pub const NV_CHUNK_BYTES: u16 = 512;
/// Where an operating system keeps its storage key.
pub const KEPT_STORAGE: u32 = 0x8100_0001;

/// A command: its number, and its name for whoever reads a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    code: u32,
    /// Its name in part 3.
    pub name: &'static str,
}

macro_rules! commands {
    ($($constant:ident = $code:literal, $name:literal;)*) => {
        $(#[doc = $name] pub const $constant: Command = Command { code: $code, name: $name };)*
    };
}
commands! {
    CLEAR = 0x126, "TPM2_Clear";
    CREATE_PRIMARY = 0x131, "TPM2_CreatePrimary";
    NV_DEFINE_SPACE = 0x12a, "TPM2_NV_DefineSpace";
    NV_WRITE = 0x137, "TPM2_NV_Write";
    STARTUP = 0x144, "TPM2_Startup";
    ACTIVATE_CREDENTIAL = 0x147, "TPM2_ActivateCredential";
    NV_READ = 0x14e, "TPM2_NV_Read";
    POLICY_SECRET = 0x151, "TPM2_PolicySecret";
    CREATE = 0x153, "TPM2_Create";
    LOAD = 0x157, "TPM2_Load";
    QUOTE = 0x158, "TPM2_Quote";
    UNSEAL = 0x15e, "TPM2_Unseal";
    FLUSH_CONTEXT = 0x165, "TPM2_FlushContext";
    NV_READ_PUBLIC = 0x169, "TPM2_NV_ReadPublic";
    READ_PUBLIC = 0x173, "TPM2_ReadPublic";
    START_AUTH_SESSION = 0x176, "TPM2_StartAuthSession";
    PCR_READ = 0x17e, "TPM2_PCR_Read";
    PCR_EXTEND = 0x182, "TPM2_PCR_Extend";
}

/// Who allows a command, one for each handle that asks for it.
#[derive(Debug, Clone, Copy)]
pub enum Leave {
    /// An empty password.
    Empty,
    /// A policy session whose policy holds.
    Policy(u32),
}

/// A command's bytes (part 1, section 18): header, handles, authorisations, parameters.
fn message(command: Command, handles: &[u32], leaves: &[Leave], parameters: &[u8]) -> Vec<u8> {
    let mut body = Writer::new();
    for handle in handles {
        body = body.u32(*handle);
    }
    if !leaves.is_empty() {
        let mut area = Writer::new();
        for leave in leaves {
            let (session, attributes) = match leave {
                Leave::Empty => (PASSWORD, 0),
                Leave::Policy(session) => (*session, CONTINUE),
            };
            // Without nonces and without a password: neither session proves by a secret of its own.
            area = area.u32(session).sized(&[]).u8(attributes).sized(&[]);
        }
        let area = area.done();
        body = body.u32(area.len() as u32).bytes(&area);
    }
    let body = body.bytes(parameters).done();
    let tag = if leaves.is_empty() { NO_SESSIONS } else { SESSIONS };
    Writer::new().u16(tag).u32((HEADER_BYTES + body.len()) as u32).u32(command.code).bytes(&body).done()
}

/// An answer: the handle where it begins with one, and its parameters.
#[derive(Debug, Clone)]
pub struct Answer<'a> {
    /// The new handle.
    pub handle: u32,
    /// The parameters.
    pub parameters: Reader<'a>,
}

/// The length that an answer says it has, by its first ten bytes.
///
/// # Errors
/// `tpm-unreadable` where that is no length of an answer.
pub fn answer_bytes(header: &[u8]) -> Result<usize> {
    let mut reader = Reader::new(header, "answer");
    reader.u16()?;
    let count = reader.u32()? as usize;
    match (HEADER_BYTES..=MAX_BYTES).contains(&count) {
        true => Ok(count),
        false => Err(reader.wrong("its length makes no sense")),
    }
}

/// Whether the TPM asks to be asked again later.
pub fn is_later(answer: &[u8]) -> bool {
    let code = answer.get(6..HEADER_BYTES).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes);
    code.is_some_and(|code| meaning(code) == Meaning::Later)
}

/// Reads an answer (part 1, section 18.11).
///
/// # Errors
/// `tpm-refuses` (with `command` and `code`), `tpm-locked`, `tpm-not-ours`, `tpm-absent`; `tpm-unreadable`.
pub fn read(command: Command, answer: &[u8], with_handle: bool) -> Result<Answer<'_>> {
    let mut reader = Reader::new(answer, "answer");
    let tag = reader.u16()?;
    if reader.u32()? as usize != answer.len() {
        return Err(reader.wrong("its length is not the one that it says"));
    }
    let code = reader.u32()?;
    if code != 0 {
        let key = match meaning(code) {
            Meaning::Locked => "tpm-locked",
            Meaning::NotOurs => "tpm-not-ours",
            Meaning::Absent => "tpm-absent",
            Meaning::Later | Meaning::Other => "tpm-refuses",
        };
        return Err(Fault::new(key).with("command", command.name).with("code", format!("{code:#x}")));
    }
    let handle = if with_handle { reader.u32()? } else { 0 };
    let parameters = match tag {
        SESSIONS => {
            let count = reader.u32()?;
            reader.take(count as usize)?
        }
        _ => reader.rest(),
    };
    Ok(Answer { handle, parameters: Reader::new(parameters, command.name) })
}

/// `TPM2_Startup` with a cleared state (section 9.3); done by the firmware long before us, and by tests.
pub fn startup() -> Vec<u8> {
    message(STARTUP, &[], &[], &Writer::new().u16(0).done())
}

/// `TPM2_Clear` by the platform (section 24.6): for tests.
pub fn clear() -> Vec<u8> {
    message(CLEAR, &[PLATFORM], &[Leave::Empty], &[])
}

/// `TPM2_PCR_Extend` of one register (section 22.2): for tests.
pub fn pcr_extend(register: u8, digest: &[u8; 32]) -> Vec<u8> {
    let digests = Writer::new().u32(1).u16(SHA256).bytes(digest).done();
    message(PCR_EXTEND, &[u32::from(register)], &[Leave::Empty], &digests)
}

/// `TPM2_CreatePrimary` (section 24.1): a key out of a hierarchy's seed by its template. Its handle, then [`created`].
pub fn create_primary(hierarchy: u32, template: &[u8]) -> Vec<u8> {
    // No password, nothing inside; no creation data wanted.
    let sensitive = Writer::new().sized(&[]).sized(&[]).done();
    let parameters = Writer::new().sized(&sensitive).sized(template).sized(&[]).u32(0).done();
    message(CREATE_PRIMARY, &[hierarchy], &[Leave::Empty], &parameters)
}

/// The public area in the answer of [`create_primary`] and of [`read_public`].
pub fn public_of(mut answer: Answer<'_>) -> Result<Vec<u8>> {
    Ok(answer.parameters.sized()?.to_vec())
}

/// `TPM2_ReadPublic` (section 12.4).
pub fn read_public(handle: u32) -> Vec<u8> {
    message(READ_PUBLIC, &[handle], &[], &[])
}

/// `TPM2_Create` of sealed data (section 12.1).
pub fn seal(parent: u32, secret: &[u8]) -> Zeroizing<Vec<u8>> {
    let sensitive = Zeroizing::new(Writer::new().sized(&[]).sized(secret).done());
    let template = crate::public::sealed_template();
    let parameters = Zeroizing::new(Writer::new().sized(&sensitive).sized(&template).sized(&[]).u32(0).done());
    Zeroizing::new(message(CREATE, &[parent], &[Leave::Empty], &parameters))
}

/// What [`seal`] gives: private and public part, each with its length, one after the other, as [`load`] takes them.
pub fn sealed(mut answer: Answer<'_>) -> Result<Vec<u8>> {
    let private = answer.parameters.sized_whole()?;
    let public = answer.parameters.sized_whole()?;
    Ok([private, public].concat())
}

/// `TPM2_Load` of what was sealed (section 12.2). Its handle.
pub fn load(parent: u32, sealed: &[u8]) -> Vec<u8> {
    message(LOAD, &[parent], &[Leave::Empty], sealed)
}

/// `TPM2_Unseal` (section 12.7).
pub fn unseal(item: u32) -> Vec<u8> {
    message(UNSEAL, &[item], &[Leave::Empty], &[])
}

/// What [`unseal`] gives.
pub fn unsealed(mut answer: Answer<'_>) -> Result<Zeroizing<Vec<u8>>> {
    Ok(Zeroizing::new(answer.parameters.sized()?.to_vec()))
}

/// `TPM2_StartAuthSession` of a policy, without salt and bound to nothing (section 11.1). Its handle.
pub fn start_policy(nonce: &[u8; 16]) -> Vec<u8> {
    let parameters = Writer::new().sized(nonce).sized(&[]).u8(POLICY).u16(NULL).u16(SHA256).done();
    message(START_AUTH_SESSION, &[NOBODY, NOBODY], &[], &parameters)
}

/// `TPM2_PolicySecret` of the endorsement hierarchy (section 23.4): what the endorsement key's policy asks for.
pub fn policy_secret(session: u32) -> Vec<u8> {
    let parameters = Writer::new().sized(&[]).sized(&[]).sized(&[]).u32(0).done();
    message(POLICY_SECRET, &[ENDORSEMENT, session], &[Leave::Empty], &parameters)
}

/// `TPM2_ActivateCredential` (section 12.5): opens what was made for this endorsement key and the name of that key.
pub fn activate(ak: u32, ek: u32, session: u32, blob: &[u8], secret: &[u8]) -> Vec<u8> {
    let parameters = Writer::new().sized(blob).sized(secret).done();
    message(ACTIVATE_CREDENTIAL, &[ak, ek], &[Leave::Empty, Leave::Policy(session)], &parameters)
}

/// `TPM2_Quote` of registers with the key's own scheme (section 18.4).
pub fn quote(ak: u32, extra: &[u8], registers: &[u8]) -> Vec<u8> {
    let parameters = Writer::new().sized(extra).u16(NULL).bytes(&quote::selection(registers)).done();
    message(QUOTE, &[ak], &[Leave::Empty], &parameters)
}

/// What [`quote`] gives: the quote and its signature.
pub fn quoted(mut answer: Answer<'_>) -> Result<(Vec<u8>, Vec<u8>)> {
    let attest = answer.parameters.sized()?.to_vec();
    Ok((attest, answer.parameters.rest().to_vec()))
}

/// `TPM2_PCR_Read` (section 22.4).
pub fn pcr_read(registers: &[u8]) -> Vec<u8> {
    message(PCR_READ, &[], &[], &quote::selection(registers))
}

/// What [`pcr_read`] gives: as many registers as the TPM says at once.
pub fn pcrs(mut answer: Answer<'_>) -> Result<quote::Registers> {
    let reader = &mut answer.parameters;
    let _counter = reader.u32()?;
    let selected = quote::read_selection(reader)?;
    if reader.u32()? as usize != selected.len() {
        return Err(reader.wrong("other registers than it says"));
    }
    let mut found = quote::Registers::new();
    for register in selected {
        let value = reader.sized()?.try_into().map_err(|_| reader.wrong("a register of another length"))?;
        found.insert(register, value);
    }
    Ok(found)
}

/// `TPM2_NV_ReadPublic` (section 31.6).
pub fn nv_read_public(index: u32) -> Vec<u8> {
    message(NV_READ_PUBLIC, &[index], &[], &[])
}

/// How many bytes an index holds (`TPMS_NV_PUBLIC`: part 2, section 13.5).
pub fn nv_bytes(mut answer: Answer<'_>) -> Result<u16> {
    let mut public = Reader::new(answer.parameters.sized()?, "index");
    let (_index, _algorithm, _attributes) = (public.u32()?, public.u16()?, public.u32()?);
    let _policy = public.sized()?;
    public.u16()
}

/// `TPM2_NV_DefineSpace` of an index that anybody may read (section 31.3): for tests, as a maker does it.
pub fn nv_define(index: u32, count: u16) -> Vec<u8> {
    // Read and written by its own empty password and by the owner's; no lockout.
    let attributes = 1 << 1 | 1 << 2 | 1 << 17 | 1 << 18 | 1 << 25;
    let public = Writer::new().u32(index).u16(SHA256).u32(attributes).sized(&[]).u16(count).done();
    message(NV_DEFINE_SPACE, &[OWNER], &[Leave::Empty], &Writer::new().sized(&[]).sized(&public).done())
}

/// `TPM2_NV_Write` with the index's own empty password (section 31.7): for tests.
pub fn nv_write(index: u32, bytes: &[u8], from: u16) -> Vec<u8> {
    message(NV_WRITE, &[index, index], &[Leave::Empty], &Writer::new().sized(bytes).u16(from).done())
}

/// `TPM2_NV_Read` with the index's own empty password (section 31.13).
pub fn nv_read(index: u32, count: u16, from: u16) -> Vec<u8> {
    message(NV_READ, &[index, index], &[Leave::Empty], &Writer::new().u16(count).u16(from).done())
}

/// `TPM2_FlushContext` (section 28.4): the key or session is forgotten.
pub fn flush(handle: u32) -> Vec<u8> {
    message(FLUSH_CONTEXT, &[], &[], &Writer::new().u32(handle).done())
}
