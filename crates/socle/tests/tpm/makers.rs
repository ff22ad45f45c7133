//! Who vouches for a machine's security chip: the certificate that its maker left in it, against the makers whom the centre has
//! chosen.
use crate::{
    fake::Machine,
    house::House,
    machines::{Hardware, introduce},
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair, PKCS_RSA_SHA256,
    PublicKeyData, SignatureAlgorithm,
};
use socle_server::Config;
use socle_tpm::{Chip, public::EndorsementKey};
use socle_wire::{agent::Welcome, api::MachineView};

type Maker = CertifiedIssuer<'static, KeyPair>;

fn maker(name: &str) -> Maker {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// An RSA key of 2048 bits (RFC 8017, appendix A.1.1).
struct Rsa(Vec<u8>);

impl Rsa {
    fn of(modulus: &[u8]) -> Rsa {
        Rsa([&[0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00][..], modulus, &[2, 3, 1, 0, 1]].concat())
    }
}

impl PublicKeyData for Rsa {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }
    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

/// The maker vouches for this chip.
fn certificate(maker: &Maker, hardware: &Hardware) -> Vec<u8> {
    let keys = Chip::new(hardware.chip.line()).keys().unwrap();
    let key = Rsa::of(EndorsementKey::read(&keys.ek).unwrap().modulus());
    CertificateParams::default().signed_by(&key, maker).unwrap().der().to_vec()
}

fn house(makers: &[&Maker], only: bool) -> (House, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("makers.pem");
    std::fs::write(&file, makers.iter().map(|m| m.pem()).collect::<String>()).unwrap();
    let mut config = Config::default();
    config.tpm.makers = if makers.is_empty() { vec![] } else { vec![file] };
    config.tpm.recognise_only_certified = only;
    (House::with(config), folder)
}

fn facts(house: &House) -> (Option<String>, Option<String>) {
    let machine = house.machines().remove(0);
    let text = |name: &str| Some(machine.facts.get(name)?.as_str()?.to_string());
    (text("tpm_certified"), text("tpm_issuer"))
}

fn said(word: &str, issuer: Option<&str>) -> (Option<String>, Option<String>) {
    (Some(word.into()), issuer.map(String::from))
}

#[test]
fn a_chip_is_vouched_for_by_makers_whom_the_centre_has_chosen() {
    let (chosen, other) = (maker("A chosen maker"), maker("Somebody"));
    let look = |certify: &dyn Fn(&Hardware) -> Option<Vec<u8>>| {
        let ((house, _folder), mut alpha) = (house(&[&chosen], false), Hardware::new());
        certify(&alpha).into_iter().for_each(|certificate| alpha.chip.certify(&certificate));
        let line = Machine::new(&house.agents(), house.pin, 1);
        let (key, tpm) = (alpha.key(), alpha.tpm());
        assert!(matches!(introduce(&line, &key, &tpm).unwrap(), Welcome::Unknown { .. }), "it waits, whoever made it");
        facts(&house)
    };
    assert_eq!(look(&|chip| Some(certificate(&chosen, chip))), said("verified", Some("A chosen maker")));
    assert_eq!(look(&|chip| Some(certificate(&other, chip))), said("unknown", Some("Somebody")));
    assert_eq!(look(&|_| None), said("none", None));
    // The certificate of another chip, and what is none.
    assert_eq!(look(&|_| Some(certificate(&chosen, &Hardware::new()))), said("none", None));
    assert_eq!(look(&|_| Some(vec![0x30, 0x82, 0, 4, 1, 2, 3, 4])), said("none", None));
}

#[test]
fn who_is_chosen_later_vouches_for_chips_that_were_bound_before() {
    let (chosen, other) = (maker("A chosen maker"), maker("Somebody"));
    let ((mut house, folder), mut alpha) = (house(&[&other], false), Hardware::new());
    alpha.chip.certify(&certificate(&chosen, &alpha));
    let (key, tpm) = (alpha.key(), alpha.tpm());
    let greet = |house: &House| {
        let line = Machine::new(&house.agents(), house.pin, 1);
        introduce(&line, &key, &tpm).unwrap();
        facts(house)
    };
    assert_eq!(greet(&house), said("unknown", Some("A chosen maker")));
    house.accept("pc-1");
    std::fs::write(folder.path().join("makers.pem"), [other.pem(), chosen.pem()].concat()).unwrap();
    house = house.again();
    assert_eq!(greet(&house), said("verified", Some("A chosen maker")));
    assert_eq!(greet(&house), said("verified", Some("A chosen maker")), "asked once, and kept");
}

#[test]
fn a_centre_may_let_only_certified_chips_be_recognised_by_a_rule() {
    let chosen = maker("A chosen maker");
    let recognised = |certified: bool| {
        let ((house, _folder), mut alpha) = (house(&[&chosen], true), Hardware::new());
        let rule = serde_json::json!({ "name": "all", "unit": socle_domain::UnitId::ROOT, "when": "true", "name_pattern": "pc-{n}" });
        let _: serde_json::Value = house.post("/api/v1/accept-rules", &rule);
        if certified {
            alpha.chip.certify(&certificate(&chosen, &alpha));
        }
        let line = Machine::new(&house.agents(), house.pin, 1);
        let (key, tpm) = (alpha.key(), alpha.tpm());
        let welcome = introduce(&line, &key, &tpm).unwrap();
        // Without any chip neither; and a person always may.
        let bare = Machine::new(&house.agents(), house.pin, 7);
        assert!(matches!(
            bare.post::<Welcome>("/agent/v1/hello", &bare.hello_message().unwrap()),
            Ok(Welcome::Unknown { .. })
        ));
        let waiting: Vec<MachineView> = house.machines().into_iter().filter(|m| m.state == "to-recognise").collect();
        assert_eq!(waiting.len(), if certified { 1 } else { 2 });
        matches!(welcome, Welcome::Known(_))
    };
    assert!(recognised(true));
    assert!(!recognised(false));
}
