/*
 * User Mode Linux keeps 2.7 kB of what the FPU of a process holds. Where the machine has more (AMX), Linux hands out the beginning and
 * takes nothing but the whole (`xstateregs_set`): "ptrace set fp regs failed, errno = 14", and its init dies. This puts the rest of the
 * whole back in. tests/systemd/cgroup2.sh preloads it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

/* More than any processor has. */
#define XSTATE_BYTES_MAX 65536

long ptrace(enum __ptrace_request request, ...) {
    va_list arguments;
    va_start(arguments, request);
    pid_t pid = va_arg(arguments, pid_t);
    void *address = va_arg(arguments, void *), *data = va_arg(arguments, void *);
    va_end(arguments);
    static long (*real)(enum __ptrace_request, ...);
    if (!real)
        real = (long (*)(enum __ptrace_request, ...))dlsym(RTLD_NEXT, "ptrace");
    if (request != PTRACE_SETREGSET || (long)address != NT_X86_XSTATE)
        return real(request, pid, address, data);
    static char whole[XSTATE_BYTES_MAX];
    struct iovec *given = data, all = {whole, sizeof whole};
    long failed = real(PTRACE_GETREGSET, pid, address, &all);
    if (failed)
        return failed;
    memcpy(whole, given->iov_base, given->iov_len < all.iov_len ? given->iov_len : all.iov_len);
    return real(request, pid, address, &all);
}
