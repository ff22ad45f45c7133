//! The machine itself: its memory, its firmware's variables, its disks, its identity.
mod devices;
mod boot_entry;
mod efi;
mod grow;
mod identity;
mod memory;
