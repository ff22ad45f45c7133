# Images as data.
image-compression = The data can't be compressed or encoded on this machine. Nothing was published.
    .next = Check that memory is not exhausted, then try again.
image-manifest-damaged = The manifest of the image { $image } is damaged: it is not what its name says, or contradicts itself. It was not used.
    .next = Run "socle image check" on the repository, and bring the image back from another copy with "socle image sync".
image-format-unknown = This image has the format { $found }; this version of Socle reads the format { $known }.
    .next = Update Socle on this machine, then try again.
image-page-damaged = The page { $page } of a manifest is damaged or missing. It was not used.
    .next = Run "socle image check" on the repository, and bring the page back from another copy with "socle image sync".
