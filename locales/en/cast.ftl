# One image to a whole room at once.
cast-plan-unreadable = What the server said about the stream to the room can't be read. Nothing was lost: the image is fetched in the ordinary way.
    .next = Nothing needs to be done. If it happens again, update the boot environment: it and the server may be of different versions.
cast-block-unmade = A part of the image could not be prepared for the stream to the room. The stream has ended; the machines fetch the image in the ordinary way.
    .next = Check the repository ("socle image check"): a pack may be damaged.
cast-network-unavailable = The stream to the room can't use the group { $group } through { $interface }. The machines fetch the image in the ordinary way.
    .next = Check that the address in cast.address is one of this computer's, and that the group begins with 239.
cast-network-lost = The network went away while a stream to a room was being sent. The machines fetch the rest in the ordinary way.
    .next = Check the server's network interface.
