//! API, console and the loops that carry out plans
