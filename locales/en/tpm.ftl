# The security chip of a machine (TPM 2.0).
tpm-silent = This machine's security chip (TPM) doesn't answer.
    .next = Switch the machine off and on again. If it goes on, look at the TPM in the firmware's setup.
tpm-unreadable = What the security chip (TPM) says can't be read ({ $what }).
    .next = Look for a firmware update of the machine or of its TPM.
tpm-refuses = The security chip (TPM) refuses { $command } ({ $code }).
    .next = Look for a firmware update of the machine or of its TPM, and note the code for support.
tpm-locked = The security chip (TPM) is in the care of an operating system, which keeps others out ({ $command }, { $code }).
    .next = Clear the TPM in the firmware's setup, after having noted the recovery keys of disks that are encrypted with it.
tpm-not-ours = This was sealed by another security chip (TPM), or by this one before it was cleared.
    .next = The machine introduces itself as a new one; on the console, somebody can say which machine it is.
tpm-absent = The security chip (TPM) doesn't hold the key that was looked for ({ $command }).
    .next = Try again; if it goes on, clear the TPM in the firmware's setup.
tpm-key-wrong = The key that is shown can't be one of a security chip (TPM).
    .next = Look for a firmware update of the machine or of its TPM. Until then the machine can be known without it.
tpm-quote-wrong = What the security chip (TPM) signed isn't what was asked of it.
    .next = Start the machine again. If it goes on, look at who is on this network.
