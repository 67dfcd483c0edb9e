//! Every file descriptor and syscall.
