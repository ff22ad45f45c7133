//! Sets of UIDs: `1:3,7` (RFC 9051 section 9, sequence-set).

/// The ranges that hold exactly these UIDs (ascending), cut so that no text is longer than `max_bytes`.
pub fn ranges(uids: &[u32], max_bytes: usize) -> Vec<String> {
    let mut sets = vec![String::new()];
    let mut rest = uids;
    while let Some(&first) = rest.first() {
        let run = rest.iter().zip(first..).take_while(|(uid, expected)| **uid == *expected).count();
        let last = rest[run - 1];
        let piece = if last == first { first.to_string() } else { format!("{first}:{last}") };
        let current = sets.last().map_or(0, String::len);
        if current > 0 && current + 1 + piece.len() > max_bytes {
            sets.push(String::new());
        }
        if let Some(set) = sets.last_mut() {
            if !set.is_empty() {
                set.push(',');
            }
            set.push_str(&piece);
        }
        rest = &rest[run..];
    }
    sets.retain(|set| !set.is_empty());
    sets
}

/// The UIDs of a set as a server writes it, in its order (`7:3` counts upwards like `3:7`); at most `limit` of them.
pub fn uids(set: &str, limit: usize) -> Vec<u32> {
    let mut all = Vec::new();
    for piece in set.split(',') {
        let (first, last) = piece.split_once(':').unwrap_or((piece, piece));
        let (Ok(first), Ok(last)) = (first.trim().parse::<u32>(), last.trim().parse::<u32>()) else { continue };
        let room = limit.saturating_sub(all.len());
        all.extend((first.min(last)..=first.max(last)).take(room));
    }
    all
}
