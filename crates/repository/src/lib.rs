//! Where chunks rest
