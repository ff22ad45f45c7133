//! What goes from the reader to those who hash: some MiB of a partition, cut.
use socle_image::ChunkId;

/// A range of a partition and its length.
pub type Segment = (u64, u32);

/// Bytes of a partition, cut into chunks.
#[derive(Default)]
pub struct Batch {
    /// Which of the partitions.
    pub work: usize,
    /// The bytes of all chunks, one after the other.
    pub data: Vec<u8>,
    /// The chunks: where each ends in `data`, and where its segments end in `segments`.
    cuts: Vec<(usize, usize)>,
    /// Where the bytes came from, in order.
    pub segments: Vec<Segment>,
}

impl Batch {
    /// An empty one for this partition, with this memory for its bytes.
    pub fn of(work: usize, data: Vec<u8>) -> Batch {
        Batch { work, data, ..Batch::default() }
    }
    /// Where the chunks that were cut so far end.
    pub fn cut_end(&self) -> usize {
        self.cuts.last().map_or(0, |c| c.0)
    }
    /// Ends a chunk of `bytes` more; its segments were pushed.
    pub fn cut(&mut self, bytes: usize) {
        self.cuts.push((self.cut_end() + bytes, self.segments.len()));
    }
    /// Whether nothing was cut.
    pub fn is_empty(&self) -> bool {
        self.cuts.is_empty()
    }
    /// Each chunk's bytes and segments.
    pub fn chunks(&self) -> impl Iterator<Item = (&[u8], &[Segment])> {
        let mut last = (0, 0);
        self.cuts.iter().map(move |&cut| {
            let chunk = (&self.data[last.0..cut.0], &self.segments[last.1..cut.1]);
            last = cut;
            chunk
        })
    }
    /// The name of each chunk; none where it is all zeroes.
    pub fn name(&self) -> Vec<Option<ChunkId>> {
        self.chunks().map(|(bytes, _)| (!is_zero(bytes)).then(|| ChunkId::of(bytes))).collect()
    }
}

/// Whether all bytes are zero.
pub fn is_zero(bytes: &[u8]) -> bool {
    // A kilobyte at a time: wide registers inside, and an early end where data is not zero.
    bytes.chunks(1024).all(|part| part.iter().fold(0, |sum, byte| sum | byte) == 0)
}
