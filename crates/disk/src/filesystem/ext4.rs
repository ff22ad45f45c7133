//! ext2, ext3 and ext4: used blocks from the bitmaps, files from the inodes.
//!
//! INVARIANT: the bitmaps decide what is stored. Files only decide how it is cut: a block that no file claims is
//! metadata, a block that two files claim or that the bitmap calls free means that we do not understand this
//! filesystem, and then it is cut in the order of the disk.
use super::{
    Bits, Contents, Extent, Kind, Part, Refusal,
    extent_tree::{Broken, Maps, Run},
    le16, le32,
    superblock::{Group, Superblock},
};
use socle_image::manifest::{Census, Filesystem, Method};

const INODE_EXTENTS: u32 = 0x8_0000;
const INODE_ENCRYPTED: u32 = 0x800;
const INODE_VERITY: u32 = 0x10_0000;
const INODE_ATTRIBUTE: u32 = 0x20_0000;
const INODE_INLINE: u32 = 0x1000_0000;
/// Inodes are read so many bytes at a time.
const INODE_READ_BYTES: u64 = 1 << 20;

/// What the partition holds, if it is an ext filesystem.
pub(super) fn look(part: &Part) -> Result<Option<Contents>, Refusal> {
    let Some(sb) = Superblock::read(part)? else { return Ok(None) };
    if sb.has_errors() {
        return Err(Refusal::Damaged);
    }
    if !sb.is_clean() {
        return Err(Refusal::Unclean);
    }
    let described = |mut contents: Contents| {
        contents.filesystem = Some(sb.describe());
        contents
    };
    if !sb.bitmaps_understood() {
        return super::unknown::whole(part, "ext4-feature-unknown").map(|c| Some(described(c)));
    }
    let groups = sb.groups(part)?;
    let Some(used) = used_blocks(part, &sb, &groups)? else {
        return super::unknown::whole(part, "ext4-bitmaps-contradict").map(|c| Some(described(c)));
    };
    let contents = match sb.by_file_forbidden() {
        Some(why) => by_blocks(&sb, &used, why),
        None => match by_file(part, &sb, &groups, &used) {
            Ok(contents) => contents,
            Err(Broken::Nonsense) => by_blocks(&sb, &used, "ext4-files-contradict"),
            Err(Broken::Refusal(refusal)) => return Err(refusal),
        },
    };
    Ok(Some(described(contents)))
}

pub(super) fn recognise(part: &Part) -> Result<Option<Filesystem>, Refusal> {
    Ok(Superblock::read(part)?.map(|sb| sb.describe()))
}

/// Everything that says which blocks are in use and which files have changed. Answers whether it is an ext filesystem.
pub(super) fn fingerprint(part: &Part, hasher: &mut blake3::Hasher) -> Result<bool, Refusal> {
    let Some(sb) = Superblock::read(part)? else { return Ok(false) };
    hasher.update(sb.raw());
    if !sb.bitmaps_understood() {
        return Ok(true);
    }
    for block in sb.descriptor_blocks() {
        hasher.update(&part.read_vec(block.saturating_mul(sb.block_bytes), sb.block_bytes as usize)?);
    }
    for group in sb.groups(part)? {
        hasher.update(&part.read_vec(group.block_bitmap.saturating_mul(sb.block_bytes), sb.block_bytes as usize)?);
        let used_bytes = u64::from(sb.inodes_per_group - group.unused_inodes) * sb.inode_bytes;
        let mut at = 0;
        while at < used_bytes {
            let step = INODE_READ_BYTES.min(used_bytes - at);
            let start = group.inode_table.saturating_mul(sb.block_bytes).saturating_add(at);
            hasher.update(&part.read_vec(start, step as usize)?);
            at += step;
        }
    }
    Ok(true)
}

/// The blocks in use; none when the bitmaps contradict the groups.
fn used_blocks(part: &Part, sb: &Superblock, groups: &[Group]) -> Result<Option<Bits>, Refusal> {
    let mut used = Bits::none(sb.blocks);
    for block in 0..sb.first_block {
        used.set(block);
    }
    for (number, group) in (0..).zip(groups) {
        let (start, blocks) = (sb.group_start(number), sb.group_blocks(number));
        for block in start..start + sb.head_blocks(number).min(blocks) {
            used.set(block);
        }
        let inside = |block: u64, count: u64| block.checked_add(count).is_some_and(|end| end <= sb.blocks);
        let table_blocks = sb.inode_table_blocks();
        if !inside(group.block_bitmap, 1) || !inside(group.inode_bitmap, 1) || !inside(group.inode_table, table_blocks)
        {
            return Ok(None);
        }
        used.set(group.block_bitmap);
        used.set(group.inode_bitmap);
        for block in group.inode_table..group.inode_table + table_blocks {
            used.set(block);
        }
        if group.block_uninit {
            continue;
        }
        let bitmap = part.read_vec(group.block_bitmap * sb.block_bytes, sb.block_bytes as usize)?;
        let clusters = blocks.div_ceil(sb.blocks_per_cluster);
        let mut taken = Bits::none(clusters);
        taken.set_from(0, &bitmap, clusters);
        if clusters - taken.count() != u64::from(group.free_clusters) {
            return Ok(None);
        }
        for (first, count) in taken.runs() {
            for block in first * sb.blocks_per_cluster..((first + count) * sb.blocks_per_cluster).min(blocks) {
                used.set(start + block);
            }
        }
    }
    Ok(Some(used))
}

fn extents<'a>(sb: &Superblock, bits: &'a Bits) -> impl Iterator<Item = Extent> + 'a {
    let block_bytes = sb.block_bytes;
    bits.runs().map(move |(first, count)| Extent { start: first * block_bytes, bytes: count * block_bytes })
}

fn by_blocks(sb: &Superblock, used: &Bits, why: &'static str) -> Contents {
    let mut contents = Contents::new(Method::UsedBlocks, why);
    for extent in extents(sb, used) {
        contents.add(Kind::Raw, [extent]);
    }
    contents
}

fn by_file(part: &Part, sb: &Superblock, groups: &[Group], used: &Bits) -> Result<Contents, Broken> {
    let mut contents = Contents::new(Method::FileAware, "");
    // What is left of it at the end is metadata.
    let mut rest = Bits::none(sb.blocks);
    for (first, count) in used.runs() {
        (first..first + count).for_each(|block| rest.set(block));
    }
    let mut census = Census::default();
    let mut maps = Maps::new(part, sb);
    for (number, group) in (0_u64..).zip(groups) {
        let used_inodes = sb.inodes_per_group - group.unused_inodes;
        let per_read = (INODE_READ_BYTES / sb.inode_bytes) as u32;
        for first in (0..used_inodes).step_by(per_read as usize) {
            let count = per_read.min(used_inodes - first);
            let start = group.inode_table * sb.block_bytes + u64::from(first) * sb.inode_bytes;
            let table = part.read_vec(start, count as usize * sb.inode_bytes as usize)?;
            for (i, inode) in (0_u64..).zip(table.chunks_exact(sb.inode_bytes as usize)) {
                let inode_number = number * u64::from(sb.inodes_per_group) + u64::from(first) + i + 1;
                one_inode(&mut maps, sb, inode_number, inode, &mut rest, &mut contents, &mut census)?;
            }
        }
        never_used(sb, group, &mut rest, &mut contents);
    }
    contents.add_metadata(extents(sb, &rest));
    contents.census = Some(census);
    Ok(contents.sorted())
}

fn one_inode(
    maps: &mut Maps,
    sb: &Superblock,
    number: u64,
    inode: &[u8],
    rest: &mut Bits,
    contents: &mut Contents,
    census: &mut Census,
) -> Result<(), Broken> {
    let (mode, links, flags) = (le16(inode, 0), le16(inode, 0x1a), le32(inode, 0x20));
    let journal = sb.journal_inode().map(u64::from) == Some(number);
    if links == 0 || mode == 0 || (number < u64::from(sb.first_inode) && number != 2 && !journal) {
        return Ok(());
    }
    if sb.orphan_file_inode().map(u64::from) == Some(number) {
        return Ok(());
    }
    if flags & (INODE_ENCRYPTED | INODE_VERITY | INODE_INLINE) != 0 {
        return Err(Broken::Nonsense);
    }
    match mode & 0xf000 {
        0x8000 => {}
        0x4000 => {
            census.directories += 1;
            return Ok(());
        }
        _ => {
            census.others += 1;
            return Ok(());
        }
    }
    let map = &inode[0x28..0x64];
    let runs = if flags & INODE_EXTENTS != 0 { maps.by_extents(map)? } else { maps.by_map(map)? };
    if journal {
        return clean_journal(sb, &runs, rest, contents);
    }
    // A long attribute of a file is kept like a file, and is none.
    if flags & INODE_ATTRIBUTE == 0 {
        census.files += 1;
        census.file_bytes += u64::from(le32(inode, 4)) | u64::from(le32(inode, 0x6c)) << 32;
    }
    for run in &runs {
        claim(run.first..run.first + run.count, rest)?;
    }
    let written = runs.iter().filter(|r| !r.unwritten);
    contents
        .add(Kind::File, written.map(|r| Extent { start: r.first * sb.block_bytes, bytes: r.count * sb.block_bytes }));
    Ok(())
}

/// Takes blocks out of what nobody claimed; each must be there.
fn claim(blocks: std::ops::Range<u64>, rest: &mut Bits) -> Result<(), Broken> {
    for block in blocks {
        if !rest.has(block) {
            return Err(Broken::Nonsense);
        }
        rest.clear(block);
    }
    Ok(())
}

/// A clean journal: its first block says so, the others are dead and go as zeroes, so that no old transaction of a
/// target's past can be taken for one of this filesystem.
fn clean_journal(sb: &Superblock, runs: &[Run], rest: &mut Bits, contents: &mut Contents) -> Result<(), Broken> {
    let mut first = true;
    for run in runs {
        let start = if std::mem::take(&mut first) { run.first + 1 } else { run.first };
        let end = run.first + run.count;
        claim(start..end, rest)?;
        if end > start {
            contents.zeroes.push(Extent { start: start * sb.block_bytes, bytes: (end - start) * sb.block_bytes });
        }
    }
    Ok(())
}

/// The end of an inode table that was never used: zeroes where the filesystem counts on it, free otherwise.
fn never_used(sb: &Superblock, group: &Group, rest: &mut Bits, contents: &mut Contents) {
    let used_bytes = u64::from(sb.inodes_per_group - group.unused_inodes) * sb.inode_bytes;
    let first = group.inode_table + used_bytes.div_ceil(sb.block_bytes);
    let end = group.inode_table + sb.inode_table_blocks();
    (first..end).for_each(|block| rest.clear(block));
    if group.inode_zeroed && end > first {
        contents.zeroes.push(Extent { start: first * sb.block_bytes, bytes: (end - first) * sb.block_bytes });
    }
}
