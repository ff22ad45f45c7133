//! The line beside the stream: questions of one byte and their numbers, answers with their length before them.
use socle_cast::{Frame, Report};
use socle_image::PackName;
use std::{
    io::{self, Read, Write},
    net::TcpStream,
};

/// A question.
pub enum Ask {
    Join(u64),
    Report(u64, Report),
    Leave(u64),
    Read(Frame),
}

fn put(out: &mut Vec<u8>, numbers: &[u64]) {
    numbers.iter().for_each(|n| out.extend(n.to_le_bytes()));
}

pub fn number(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

impl Ask {
    pub fn write(&self, line: &mut TcpStream) -> io::Result<()> {
        let mut out = Vec::new();
        match self {
            Ask::Join(id) => put(&mut out, &[1, *id]),
            Ask::Report(id, r) => {
                put(&mut out, &[2, *id, u64::from(r.through), r.expected, r.came, r.missing.len() as u64]);
                r.missing.iter().for_each(|m| put(&mut out, &[u64::from(m[0]), u64::from(m[1])]));
            }
            Ask::Leave(id) => put(&mut out, &[3, *id]),
            Ask::Read(f) => {
                put(&mut out, &[4]);
                out.extend(f.pack.0);
                put(&mut out, &[u64::from(f.offset_bytes), u64::from(f.stored_bytes)]);
            }
        }
        line.write_all(&out)
    }

    pub fn read(line: &mut impl Read) -> io::Result<Ask> {
        Ok(match number(line)? {
            1 => Ask::Join(number(line)?),
            2 => {
                let (id, through) = (number(line)?, number(line)? as u32);
                let (expected, came) = (number(line)?, number(line)?);
                let count = number(line)?.min(512);
                let range = |line: &mut _| Ok([number(line)? as u32, number(line)? as u32]);
                let missing = (0..count).map(|_| range(line)).collect::<io::Result<_>>()?;
                Ask::Report(id, Report { through, missing, expected, came })
            }
            3 => Ask::Leave(number(line)?),
            4 => {
                let mut pack = [0; 32];
                line.read_exact(&mut pack)?;
                let (offset_bytes, stored_bytes) = (number(line)? as u32, number(line)? as u32);
                Ask::Read(Frame { pack: PackName(pack), offset_bytes, stored_bytes })
            }
            _ => return Err(io::ErrorKind::InvalidData.into()),
        })
    }
}

/// Asks, and waits for the answer.
pub fn ask(line: &mut TcpStream, question: &Ask) -> io::Result<Vec<u8>> {
    question.write(line)?;
    let length = number(line)?;
    let mut answer = vec![0; length.min(1 << 30) as usize];
    line.read_exact(&mut answer)?;
    Ok(answer)
}

pub fn answer(line: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    line.write_all(&(bytes.len() as u64).to_le_bytes())?;
    line.write_all(bytes)
}
