#include "store/contain.h"

#include <sys/resource.h>

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
#define CAN_FILTER 1
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

/* A sanitizer maps more memory, and calls more of the system, than can be foreseen. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Lowers a limit, never raises it; returns whether it is now the one asked for. `grace`: from there to where it becomes
   deadly. */
static bool lower(int what, rlim_t most, rlim_t grace)
{
    struct rlimit limit;
    if (getrlimit(what, &limit) != 0 || limit.rlim_cur <= most)
        return false;
    limit.rlim_cur = most;
    limit.rlim_max = limit.rlim_max < most + grace ? limit.rlim_max : most + grace;
    return setrlimit(what, &limit) == 0;
}

#ifdef CAN_FILTER
/* What computing, and reading from and writing to what is open, takes; any other call fails as if it were forbidden. */
static void filter_calls(void)
{
    static const unsigned allowed[] = {
        SYS_read,  SYS_write,      SYS_brk,           SYS_mmap,         SYS_munmap,        SYS_mremap,       SYS_mprotect,
        SYS_futex, SYS_madvise,    SYS_rt_sigreturn,  SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_getpid,      SYS_gettid,
        SYS_tgkill, SYS_exit,      SYS_exit_group,    SYS_clock_gettime, SYS_gettimeofday, SYS_getrandom,
    };
    enum { COUNT = sizeof allowed / sizeof allowed[0] };
#ifdef __x86_64__
    const unsigned here = AUDIT_ARCH_X86_64;
#else
    const unsigned here = AUDIT_ARCH_AARCH64;
#endif
    struct sock_filter code[COUNT + 6] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, here, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    struct sock_fprog program = {COUNT + 6, code};
    for (int i = 0; i < COUNT; i++)
        code[4 + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], (unsigned char)(COUNT - i), 0);
    code[COUNT + 4] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    code[COUNT + 5] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    /* where the kernel has no filters the limits remain */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}
#else
static void filter_calls(void)
{
}
#endif

bool unroll_contain(uint64_t memory, unsigned seconds)
{
    bool own = false;
    lower(RLIMIT_CORE, 0, 0);
    lower(RLIMIT_FSIZE, 0, 0);
    lower(RLIMIT_NOFILE, 3, 0);
    lower(RLIMIT_CPU, seconds, 2); /* SIGXCPU first, which tells why */
    if (!SANITIZED) {
        own = lower(RLIMIT_AS, (rlim_t)memory, 0);
        filter_calls();
    }
    return own;
}
