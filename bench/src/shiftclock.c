/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shiftclock - a wall clock that bench/faults can move, for one program.
 *
 * Preloaded: clock_gettime, gettimeofday and time say the true time plus the nanoseconds
 * that stand in the file $SHIFTCLOCK (8 bytes, the machine's order), which is mapped, so
 * that moving it is a write. Monotonic clocks are left alone, as the kernel's are when
 * somebody sets the clock.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS INT64_C(1000000000)

static int64_t shift_ns(void)
{
    static const volatile int64_t *_Atomic shift; /* the one thing kept */
    static const int64_t none;

    if (!shift) {
        const char *path = getenv("SHIFTCLOCK");
        int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        void *p =
            fd >= 0 ? mmap(NULL, sizeof(none), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
        if (fd >= 0)
            close(fd);
        shift = p == MAP_FAILED ? &none : p;
    }
    return *shift;
}

/* Before the program shuts itself in. */
__attribute__((constructor)) static void begin(void)
{
    (void)shift_ns();
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    long st = syscall(SYS_clock_gettime, id, out);

    if (st == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
        int64_t ns = (int64_t)out->tv_sec * NS + out->tv_nsec + shift_ns();
        out->tv_sec = ns / NS;
        out->tv_nsec = ns % NS;
    }
    return (int)st;
}

/* By the name that the house's own code has no use for. */
int shifted_timeofday(struct timeval *restrict out,
                      void *restrict zone) __asm__("gettimeofday");

int shifted_timeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec ts;

    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
        return -1;
    *out = (struct timeval){ ts.tv_sec, ts.tv_nsec / 1000 };
    return 0;
}

time_t time(time_t *out)
{
    struct timespec ts = { 0 };

    (void)clock_gettime(CLOCK_REALTIME, &ts);
    if (out)
        *out = ts.tv_sec;
    return ts.tv_sec;
}
