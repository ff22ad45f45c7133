//! Words that a person reads: one source of texts in French and English, and the one Fault type
