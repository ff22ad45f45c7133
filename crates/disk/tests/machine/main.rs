//! The machine itself: its memory, its firmware's variables, its disks, its identity.
mod boot_entry;
mod devices;
mod efi;
mod grow;
mod identity;
mod memory;
