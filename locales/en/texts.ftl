# What several rooms say.
texts-file-unreadable = The file { $path } can't be read.
    .next = Check that it exists and that you may read it, then try again.
texts-file-unwritable = The file { $path } can't be written. It was left as it was.
    .next = Check the free space and your rights on its folder, then try again.
