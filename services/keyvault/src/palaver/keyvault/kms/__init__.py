"""Where key-encryption keys are kept and used: in this process, or in a key management system of somebody else."""
