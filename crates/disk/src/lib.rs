//! A machine's disks: partitions, filesystems, capture, restore

pub mod adopt;
pub mod block;
pub mod boot_entry;
pub mod cache;
pub mod capture;
pub mod devices;
pub mod efi;
pub mod filesystem;
pub mod gpt;
pub mod grow;
pub mod grow_in_file;
pub mod identity;
mod in_use;
pub mod layout;
pub mod mbr;
pub mod memory;
pub mod reset;
pub mod restore;
pub mod survey;
pub mod table;
