//! A machine's disks: partitions, filesystems, capture, restore

pub mod devices;
pub mod efi;
pub mod grow;
pub mod identity;
pub mod memory;
