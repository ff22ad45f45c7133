//! The superblock and the group descriptors of ext2, ext3 and ext4.
//!
//! Offsets are those of the kernel's documentation, "ext4 Data Structures and Algorithms".
use super::{Part, Refusal, label, le16, le32};
use socle_image::manifest::Filesystem;

const SUPERBLOCK_OFFSET: u64 = 1024;
const SUPERBLOCK_BYTES: usize = 1024;

/// Incompatible features that change nothing in how blocks are found.
const UNDERSTOOD: u32 = incompat::FILETYPE
    | incompat::RECOVER
    | incompat::META_BG
    | incompat::EXTENTS
    | incompat::BIT64
    | incompat::MMP
    | incompat::FLEX_BG
    | incompat::EA_INODE
    | incompat::CSUM_SEED
    | incompat::LARGEDIR
    | incompat::INLINE_DATA
    | incompat::ENCRYPT
    | incompat::CASEFOLD;

pub(super) mod incompat {
    pub const FILETYPE: u32 = 0x2;
    pub const RECOVER: u32 = 0x4;
    pub const META_BG: u32 = 0x10;
    pub const EXTENTS: u32 = 0x40;
    pub const BIT64: u32 = 0x80;
    pub const MMP: u32 = 0x100;
    pub const FLEX_BG: u32 = 0x200;
    pub const EA_INODE: u32 = 0x400;
    pub const CSUM_SEED: u32 = 0x2000;
    pub const LARGEDIR: u32 = 0x4000;
    pub const INLINE_DATA: u32 = 0x8000;
    pub const ENCRYPT: u32 = 0x1_0000;
    pub const CASEFOLD: u32 = 0x2_0000;
}
const COMPAT_SPARSE_SUPER2: u32 = 0x200;
const COMPAT_ORPHAN_FILE: u32 = 0x1000;
const COMPAT_HAS_JOURNAL: u32 = 0x4;
const RO_SPARSE_SUPER: u32 = 0x1;
const RO_GDT_CSUM: u32 = 0x10;
const RO_BIGALLOC: u32 = 0x200;
const RO_METADATA_CSUM: u32 = 0x400;
const RO_VERITY: u32 = 0x8000;
const RO_ORPHAN_PRESENT: u32 = 0x1_0000;

/// What we need of a superblock, checked for sense.
pub(super) struct Superblock {
    raw: Vec<u8>,
    pub blocks: u64,
    pub block_bytes: u64,
    pub first_block: u64,
    pub blocks_per_group: u64,
    /// Blocks in one bit of the bitmaps: 1, more with bigalloc.
    pub blocks_per_cluster: u64,
    pub inodes_per_group: u32,
    pub inode_bytes: u64,
    pub first_inode: u32,
    pub groups: u64,
    descriptor_bytes: u64,
}

/// A block group.
pub(super) struct Group {
    pub block_bitmap: u64,
    pub inode_bitmap: u64,
    pub inode_table: u64,
    pub free_clusters: u32,
    pub block_uninit: bool,
    pub inode_zeroed: bool,
    /// Inodes at the end of the table that were never used.
    pub unused_inodes: u32,
}

impl Superblock {
    /// The superblock; none where there is no ext filesystem that makes sense.
    pub fn read(part: &Part) -> Result<Option<Superblock>, Refusal> {
        if part.bytes < SUPERBLOCK_OFFSET + SUPERBLOCK_BYTES as u64 {
            return Ok(None);
        }
        let raw = part.read_vec(SUPERBLOCK_OFFSET, SUPERBLOCK_BYTES)?;
        Ok(Self::parse(raw, part.bytes))
    }

    fn parse(raw: Vec<u8>, part_bytes: u64) -> Option<Superblock> {
        let (log_block, log_cluster) = (le32(&raw, 0x18), le32(&raw, 0x1c));
        if le16(&raw, 0x38) != 0xef53 || log_block > 6 || log_cluster > 20 {
            return None;
        }
        let incompat = le32(&raw, 0x60);
        let bit64 = incompat & incompat::BIT64 != 0;
        let block_bytes = 1024_u64 << log_block;
        let blocks = u64::from(le32(&raw, 4)) | if bit64 { u64::from(le32(&raw, 0x150)) << 32 } else { 0 };
        let bigalloc = le32(&raw, 0x64) & RO_BIGALLOC != 0;
        let blocks_per_cluster = if bigalloc { 1_u64 << log_cluster.checked_sub(log_block)? } else { 1 };
        let old = le32(&raw, 0x4c) == 0;
        let superblock = Superblock {
            blocks,
            block_bytes,
            first_block: u64::from(le32(&raw, 0x14)),
            blocks_per_group: u64::from(le32(&raw, 0x20)),
            blocks_per_cluster,
            inodes_per_group: le32(&raw, 0x28),
            inode_bytes: if old { 128 } else { u64::from(le16(&raw, 0x58)) },
            first_inode: if old { 11 } else { le32(&raw, 0x54) },
            groups: 0,
            descriptor_bytes: if bit64 { u64::from(le16(&raw, 0xfe)) } else { 32 },
            raw,
        };
        let sane = (256..=block_bytes * 8 * blocks_per_cluster).contains(&superblock.blocks_per_group)
            && superblock.inode_table_blocks() < superblock.blocks_per_group
            && superblock.first_block < blocks
            && blocks.checked_mul(block_bytes)? <= part_bytes
            && (128..=block_bytes).contains(&superblock.inode_bytes)
            && superblock.inode_bytes.is_power_of_two()
            && superblock.inodes_per_group > 0
            && u64::from(superblock.inodes_per_group) <= block_bytes * 8
            && (32..=1024).contains(&superblock.descriptor_bytes)
            && superblock.descriptor_bytes.is_power_of_two();
        let groups = (blocks - superblock.first_block.min(blocks)).div_ceil(superblock.blocks_per_group.max(1));
        sane.then_some(Superblock { groups, ..superblock })
    }

    fn compat(&self) -> u32 {
        le32(&self.raw, 0x5c)
    }
    fn incompat(&self) -> u32 {
        le32(&self.raw, 0x60)
    }
    fn ro_compat(&self) -> u32 {
        le32(&self.raw, 0x64)
    }

    /// Whether everything that was written is where it belongs.
    pub fn is_clean(&self) -> bool {
        let (state, last_orphan) = (le16(&self.raw, 0x3a), le32(&self.raw, 0xe8));
        let orphans = state & 4 != 0 || last_orphan != 0 || self.ro_compat() & RO_ORPHAN_PRESENT != 0;
        state & 1 != 0 && !orphans && self.incompat() & incompat::RECOVER == 0
    }
    /// Whether the filesystem says that it has errors.
    pub fn has_errors(&self) -> bool {
        le16(&self.raw, 0x3a) & 2 != 0
    }
    /// Whether the block bitmaps can be found and trusted.
    pub fn bitmaps_understood(&self) -> bool {
        self.incompat() & !UNDERSTOOD == 0
    }
    /// What forbids to look at files one by one, if anything does.
    pub fn by_file_forbidden(&self) -> Option<&'static str> {
        let (incompat, ro_compat) = (self.incompat(), self.ro_compat());
        if incompat & incompat::ENCRYPT != 0 {
            Some("ext4-encrypt")
        } else if incompat & incompat::INLINE_DATA != 0 {
            Some("ext4-inline-data")
        } else if ro_compat & RO_BIGALLOC != 0 {
            Some("ext4-bigalloc")
        } else if ro_compat & RO_VERITY != 0 {
            Some("ext4-verity")
        } else {
            None
        }
    }
    /// Whether groups say what was never used in them.
    pub fn has_uninit(&self) -> bool {
        self.ro_compat() & (RO_GDT_CSUM | RO_METADATA_CSUM) != 0
    }
    /// The journal's inode, where it is inside.
    pub fn journal_inode(&self) -> Option<u32> {
        let inode = le32(&self.raw, 0xe0);
        (self.compat() & COMPAT_HAS_JOURNAL != 0 && inode != 0).then_some(inode)
    }

    /// The inode of the list of deleted files that are still open: a part of the filesystem, nobody's file.
    pub fn orphan_file_inode(&self) -> Option<u32> {
        (self.compat() & COMPAT_ORPHAN_FILE != 0).then(|| le32(&self.raw, 0x280))
    }

    /// First block of a group.
    pub fn group_start(&self, group: u64) -> u64 {
        self.first_block + group * self.blocks_per_group
    }
    /// How many blocks a group has: the last may have fewer.
    pub fn group_blocks(&self, group: u64) -> u64 {
        self.blocks_per_group.min(self.blocks.saturating_sub(self.group_start(group)))
    }
    /// Blocks of a group's inode table.
    pub fn inode_table_blocks(&self) -> u64 {
        (u64::from(self.inodes_per_group) * self.inode_bytes).div_ceil(self.block_bytes)
    }

    fn has_superblock(&self, group: u64) -> bool {
        let power = |base: u64| {
            let mut n = base;
            while n < group {
                n *= base;
            }
            n == group
        };
        if group == 0 {
            true
        } else if self.compat() & COMPAT_SPARSE_SUPER2 != 0 {
            group == u64::from(le32(&self.raw, 0x24c)) || group == u64::from(le32(&self.raw, 0x250))
        } else {
            self.ro_compat() & RO_SPARSE_SUPER == 0 || group == 1 || power(3) || power(5) || power(7)
        }
    }

    fn descriptors_per_block(&self) -> u64 {
        self.block_bytes / self.descriptor_bytes
    }

    /// The block that holds the descriptor of a group.
    fn descriptor_block(&self, group: u64) -> u64 {
        let index = group / self.descriptors_per_block();
        let first_meta = u64::from(le32(&self.raw, 0x104));
        if self.incompat() & incompat::META_BG == 0 || index < first_meta {
            // After the superblock, which stands in block 1 where blocks have 1 KiB, whatever the first block is.
            return SUPERBLOCK_OFFSET / self.block_bytes + 1 + index;
        }
        let first = index * self.descriptors_per_block();
        self.group_start(first) + u64::from(self.has_superblock(first))
    }

    /// Blocks at the head of a group that hold copies of superblock and descriptors.
    pub fn head_blocks(&self, group: u64) -> u64 {
        let own = u64::from(self.has_superblock(group));
        let all = self.groups.div_ceil(self.descriptors_per_block());
        let meta_bg = self.incompat() & incompat::META_BG != 0;
        let classic = if meta_bg { u64::from(le32(&self.raw, 0x104)).min(all) } else { all };
        let index = group / self.descriptors_per_block();
        if meta_bg && index >= classic {
            // First, second and last group of each meta group.
            let place = group % self.descriptors_per_block();
            let here = place == 0 || place == 1 || place == self.descriptors_per_block() - 1;
            return own + u64::from(here);
        }
        if own == 0 { 0 } else { 1 + classic + u64::from(le16(&self.raw, 0xce)) }
    }

    /// The blocks of the descriptor table, in order, each once.
    pub fn descriptor_blocks(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.groups).step_by(self.descriptors_per_block() as usize).map(|g| self.descriptor_block(g))
    }

    /// All group descriptors.
    pub fn groups(&self, part: &Part) -> Result<Vec<Group>, Refusal> {
        let mut groups = Vec::with_capacity(self.groups as usize);
        for block in self.descriptor_blocks() {
            let bytes = part.read_vec(block.saturating_mul(self.block_bytes), self.block_bytes as usize)?;
            for raw in bytes.chunks_exact(self.descriptor_bytes as usize) {
                if (groups.len() as u64) < self.groups {
                    groups.push(self.group(raw));
                }
            }
        }
        Ok(groups)
    }

    fn group(&self, raw: &[u8]) -> Group {
        let wide = self.descriptor_bytes >= 64;
        let block = |low, high| u64::from(le32(raw, low)) | if wide { u64::from(le32(raw, high)) << 32 } else { 0 };
        let half = |low, high| u32::from(le16(raw, low)) | if wide { u32::from(le16(raw, high)) << 16 } else { 0 };
        let flags = if self.has_uninit() { le16(raw, 0x12) } else { 0 };
        let unused = match (self.has_uninit(), flags & 1 != 0) {
            (false, _) => 0,
            (true, true) => self.inodes_per_group,
            (true, false) => half(0x1c, 0x32).min(self.inodes_per_group),
        };
        Group {
            block_bitmap: block(0, 0x20),
            inode_bitmap: block(4, 0x24),
            inode_table: block(8, 0x28),
            free_clusters: half(0xc, 0x2c),
            block_uninit: flags & 2 != 0,
            inode_zeroed: flags & 4 != 0,
            unused_inodes: unused,
        }
    }

    /// What people call it.
    pub fn describe(&self) -> Filesystem {
        let free = u64::from(le32(&self.raw, 0xc))
            | if self.incompat() & incompat::BIT64 != 0 { u64::from(le32(&self.raw, 0x158)) << 32 } else { 0 };
        let kind = if self.incompat() & (incompat::EXTENTS | incompat::FLEX_BG | incompat::BIT64) != 0 {
            "ext4"
        } else if self.compat() & COMPAT_HAS_JOURNAL != 0 {
            "ext3"
        } else {
            "ext2"
        };
        let hex = data_encoding::HEXLOWER.encode(&self.raw[0x68..0x78]);
        let groups = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        Filesystem {
            kind: kind.into(),
            block_bytes: self.block_bytes as u32,
            size_bytes: self.blocks * self.block_bytes,
            used_bytes: self.blocks.saturating_sub(free) * self.block_bytes,
            uuid: groups.join("-"),
            label: label(&self.raw[0x78..0x88]),
        }
    }

    /// Its bytes.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }
}
