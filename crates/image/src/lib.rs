//! Cutting, hashing, packing, manifests: an image as data in motion. No I/O.
