//! FAT12, FAT16 and FAT32: clusters in use from the table, files from the folders.
//!
//! Microsoft's "FAT: General Overview of On-Disk Format", 1.03.
use super::{Bits, Contents, Extent, Kind, Part, Refusal, label, le16, le32};
use socle_image::manifest::{Census, Filesystem, Method};

/// The table of the largest volume that we look at cluster by cluster.
const MAX_TABLE_BYTES: u64 = 256 << 20;
const MAX_FOLDER_BYTES: u64 = 64 << 20;

struct Volume {
    boot: Vec<u8>,
    bits: u32,
    cluster_bytes: u64,
    table_start: u64,
    table_bytes: u64,
    root_start: u64,
    data_start: u64,
    clusters: u64,
    size_bytes: u64,
}

impl Volume {
    fn read(part: &Part) -> Result<Option<Volume>, Refusal> {
        if part.bytes < 512 {
            return Ok(None);
        }
        Ok(Self::parse(part.read_vec(0, 512)?, part.bytes))
    }

    fn parse(boot: Vec<u8>, part_bytes: u64) -> Option<Volume> {
        let sector_bytes = u64::from(le16(&boot, 11));
        let per_cluster = u64::from(boot[13]);
        let (reserved, tables) = (u64::from(le16(&boot, 14)), u64::from(boot[16]));
        let jump = boot[0] == 0xeb || boot[0] == 0xe9;
        let sane = jump
            && le16(&boot, 510) == 0xaa55
            && (512..=4096).contains(&sector_bytes)
            && sector_bytes.is_power_of_two()
            && per_cluster.is_power_of_two()
            && reserved > 0
            && (1..=2).contains(&tables);
        if !sane {
            return None;
        }
        let either = |short: u16, long: u32| if short != 0 { u64::from(short) } else { u64::from(long) };
        let sectors = either(le16(&boot, 19), le32(&boot, 32));
        let table_sectors = either(le16(&boot, 22), le32(&boot, 36));
        let root_sectors = (u64::from(le16(&boot, 17)) * 32).div_ceil(sector_bytes);
        let head = reserved + tables * table_sectors + root_sectors;
        let clusters = sectors.checked_sub(head)? / per_cluster;
        if clusters == 0 {
            return None;
        }
        // As the kernel and the firmware decide it: mkfs can make a FAT32 with fewer clusters than the document wants.
        let bits = match le16(&boot, 22) {
            0 => 32,
            _ if clusters < 4085 => 12,
            _ => 16,
        };
        let table_bytes = table_sectors * sector_bytes;
        let fits = sectors * sector_bytes <= part_bytes
            && table_bytes <= MAX_TABLE_BYTES
            && (clusters + 2) * u64::from(bits) <= table_bytes * 8;
        fits.then_some(Volume {
            bits,
            cluster_bytes: per_cluster * sector_bytes,
            table_start: reserved * sector_bytes,
            table_bytes,
            root_start: (reserved + tables * table_sectors) * sector_bytes,
            data_start: head * sector_bytes,
            clusters,
            size_bytes: sectors * sector_bytes,
            boot,
        })
    }

    /// The entry of each cluster, numbered from 0; the first two are no clusters.
    fn table(&self, part: &Part) -> Result<Vec<u32>, Refusal> {
        let raw = part.read_vec(self.table_start, self.table_bytes as usize)?;
        let entry = |n: u64| -> u32 {
            let n = n as usize;
            match self.bits {
                12 => u32::from(le16(&raw, n + n / 2) >> (n % 2 * 4) & 0xfff),
                16 => u32::from(le16(&raw, n * 2)),
                _ => le32(&raw, n * 4) & 0x0fff_ffff,
            }
        };
        Ok((0..self.clusters + 2).map(entry).collect())
    }

    /// The entry of a cluster that can't be used.
    fn bad(&self) -> u32 {
        match self.bits {
            12 => 0xff7,
            16 => 0xfff7,
            _ => 0x0fff_fff7,
        }
    }

    fn cluster_start(&self, cluster: u64) -> u64 {
        self.data_start + (cluster - 2) * self.cluster_bytes
    }

    fn describe(&self, used_clusters: u64) -> Filesystem {
        let (serial, name) = if self.bits == 32 { (67, 71) } else { (39, 43) };
        let number = le32(&self.boot, serial);
        let label = label(&self.boot[name..name + 11]);
        Filesystem {
            kind: "vfat".into(),
            block_bytes: self.cluster_bytes as u32,
            size_bytes: self.size_bytes,
            used_bytes: self.data_start + used_clusters * self.cluster_bytes,
            uuid: format!("{:04X}-{:04X}", number >> 16, number & 0xffff),
            label: if label == "NO NAME" { String::new() } else { label },
        }
    }

    fn used(&self, table: &[u32]) -> Bits {
        let mut used = Bits::none(self.clusters + 2);
        for (cluster, &entry) in (0_u64..).zip(table).skip(2) {
            if entry != 0 && entry != self.bad() {
                used.set(cluster);
            }
        }
        used
    }

    fn extents<'a>(&'a self, clusters: &'a Bits) -> impl Iterator<Item = Extent> + 'a {
        let whole = |(first, count)| Extent { start: self.cluster_start(first), bytes: count * self.cluster_bytes };
        std::iter::once(Extent { start: 0, bytes: self.data_start }).chain(clusters.runs().map(whole))
    }
}

pub(super) fn look(part: &Part) -> Result<Option<Contents>, Refusal> {
    let Some(volume) = Volume::read(part)? else { return Ok(None) };
    let table = volume.table(part)?;
    let used = volume.used(&table);
    let walk = Walk { part, volume: &volume, table: &table, rest: volume.used(&table), files: Vec::new() };
    let mut contents = match walk.files()? {
        Some((rest, files, census)) => {
            let mut contents = Contents::new(Method::FileAware, "");
            for file in files {
                contents.add(Kind::File, file);
            }
            contents.add_metadata(volume.extents(&rest));
            contents.census = Some(census);
            contents
        }
        None => {
            let mut contents = Contents::new(Method::UsedBlocks, "fat-chains-contradict");
            for extent in volume.extents(&used) {
                contents.add(Kind::Raw, [extent]);
            }
            contents
        }
    };
    contents.filesystem = Some(volume.describe(used.count()));
    Ok(Some(contents.sorted()))
}

pub(super) fn recognise(part: &Part) -> Result<Option<Filesystem>, Refusal> {
    let Some(volume) = Volume::read(part)? else { return Ok(None) };
    let table = volume.table(part)?;
    Ok(Some(volume.describe(volume.used(&table).count())))
}

pub(super) fn fingerprint(part: &Part, hasher: &mut blake3::Hasher) -> Result<bool, Refusal> {
    let Some(volume) = Volume::read(part)? else { return Ok(false) };
    hasher.update(&volume.boot);
    hasher.update(&part.read_vec(volume.table_start, volume.table_bytes as usize)?);
    Ok(true)
}

struct Walk<'a> {
    part: &'a Part<'a>,
    volume: &'a Volume,
    table: &'a [u32],
    /// Clusters in use that no chain has claimed.
    rest: Bits,
    files: Vec<Vec<Extent>>,
}

type Found = (Bits, Vec<Vec<Extent>>, Census);

impl Walk<'_> {
    /// Every file's ranges, and the clusters that no file has; none when the chains contradict each other.
    fn files(mut self) -> Result<Option<Found>, Refusal> {
        let mut census = Census::default();
        let mut folder_clusters = Vec::new();
        let root = if self.volume.bits == 32 {
            let Some(chain) = self.chain(le32(&self.volume.boot, 44)) else { return Ok(None) };
            folder_clusters.extend_from_slice(&chain);
            self.read_chain(&chain)?
        } else {
            let bytes = self.volume.data_start - self.volume.root_start;
            self.part.read_vec(self.volume.root_start, bytes as usize)?
        };
        let mut folders = vec![root];
        while let Some(folder) = folders.pop() {
            for entry in folder.chunks_exact(32).take_while(|e| e[0] != 0) {
                let attributes = entry[11];
                if entry[0] == 0xe5 || entry[0] == b'.' || attributes & 0x08 != 0 {
                    continue;
                }
                let high = if self.volume.bits == 32 { u32::from(le16(entry, 20)) << 16 } else { 0 };
                let first = high | u32::from(le16(entry, 26));
                let is_folder = attributes & 0x10 != 0;
                if is_folder {
                    census.directories += 1;
                } else {
                    census.files += 1;
                    census.file_bytes += u64::from(le32(entry, 28));
                }
                if first == 0 {
                    continue;
                }
                let Some(chain) = self.chain(first) else { return Ok(None) };
                if is_folder {
                    if chain.len() as u64 * self.volume.cluster_bytes > MAX_FOLDER_BYTES {
                        return Ok(None);
                    }
                    folders.push(self.read_chain(&chain)?);
                    folder_clusters.extend_from_slice(&chain);
                } else {
                    let whole = |&c: &u32| Extent {
                        start: self.volume.cluster_start(u64::from(c)),
                        bytes: self.volume.cluster_bytes,
                    };
                    self.files.push(chain.iter().map(whole).collect());
                }
            }
        }
        for cluster in folder_clusters {
            self.rest.set(u64::from(cluster));
        }
        Ok(Some((self.rest, self.files, census)))
    }

    /// The clusters of a chain, claimed; none when one of them is free, or claimed already.
    fn chain(&mut self, first: u32) -> Option<Vec<u32>> {
        let mut chain = Vec::new();
        let mut at = first;
        loop {
            if at < 2 || !self.rest.has(u64::from(at)) {
                return None;
            }
            self.rest.clear(u64::from(at));
            chain.push(at);
            at = *self.table.get(at as usize)?;
            if at > self.volume.bad() {
                return Some(chain);
            }
        }
    }

    fn read_chain(&self, chain: &[u32]) -> Result<Vec<u8>, Refusal> {
        let cluster_bytes = self.volume.cluster_bytes as usize;
        let mut bytes = vec![0; chain.len() * cluster_bytes];
        for (cluster, place) in chain.iter().zip(bytes.chunks_exact_mut(cluster_bytes)) {
            self.part.read(self.volume.cluster_start(u64::from(*cluster)), place)?;
        }
        Ok(bytes)
    }
}
