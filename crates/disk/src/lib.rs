//! A machine's disks: partitions, filesystems, capture, restore
