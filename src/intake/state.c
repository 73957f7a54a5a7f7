/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/journal.h"
#include "intake/page.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAGIC    UINT64_C(0x0231657461745359) /* "YStates" and a version */
#define TEXT_MAX 100

struct row {
    uint16_t tenant_n, name_n;
    char tenant[TEXT_MAX], name[TEXT_MAX];
    _Atomic uint64_t v[YG_IN_COUNT];
    /* RECEIVED and BYTES as they were before what is durable at `until` was counted. */
    _Atomic uint64_t until, before[2];
};

struct page {
    _Atomic uint64_t magic;             /* set last */
    _Atomic uint64_t durable, consumed; /* segment << 32 | offset */
    _Atomic uint32_t waits;             /* counts up with `durable`: a futex */
    _Atomic uint32_t rows;              /* how many are complete; grows under flock */
    struct row row[YG_JOURNAL_SOURCES];
};

struct yg_intake_state {
    struct page *page;
    int fd;
    bool write;
};

/* What is there may be of another version or cut short: then all begins at zero. */
static bool prepare(int fd)
{
    struct stat sb;
    uint64_t magic = 0;

    if (fstat(fd, &sb) != 0)
        return false;
    if (sb.st_size == (off_t)sizeof(struct page) &&
        pread(fd, &magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) && magic == MAGIC)
        return true;
    /* Room on the disk now: a hole could not be written to when the disk is full. */
    magic = MAGIC;
    return ftruncate(fd, 0) == 0 &&
           posix_fallocate(fd, 0, (off_t)sizeof(struct page)) == 0 &&
           pwrite(fd, &magic, sizeof(magic), 0) == (ssize_t)sizeof(magic);
}

enum yg_status yg_intake_state_open(const char *dir, bool write,
                                    struct yg_intake_state **out, struct yg_err *err)
{
    struct stat sb;
    char path[4096];
    struct yg_intake_state *s = calloc(1, sizeof(*s));

    if (!s)
        return yg_err_set(err, YG_ENOMEM, "no memory for the journal");
    s->write = write;
    snprintf(path, sizeof(path), "%s/state", dir);
    s->fd = open(path, (write ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC, 0600);
    bool ok = s->fd >= 0;
    if (ok && write) {
        ok = flock(s->fd, LOCK_EX) == 0 && prepare(s->fd);
        flock(s->fd, LOCK_UN);
    }
    ok = ok && fstat(s->fd, &sb) == 0;
    if (ok && sb.st_size != (off_t)sizeof(struct page)) {
        errno = EINVAL;
        ok = false;
    }
    if (ok) {
        int prot = write ? PROT_READ | PROT_WRITE : PROT_READ;
        s->page = mmap(NULL, sizeof(struct page), prot, MAP_SHARED, s->fd, 0);
        ok = s->page != MAP_FAILED;
    }
    if (ok) {
        *out = s;
        return YG_OK;
    }
    enum yg_status st = yg_err_errno(err, "cannot use %s", path);
    if (s->fd >= 0)
        close(s->fd);
    free(s);
    return st;
}

void yg_intake_state_close(struct yg_intake_state *s)
{
    if (!s)
        return;
    munmap(s->page, sizeof(struct page));
    close(s->fd);
    free(s);
}

uint32_t yg_intake_state_rows(const struct yg_intake_state *s)
{
    uint32_t n = atomic_load_explicit(&s->page->rows, memory_order_acquire);

    return n < YG_JOURNAL_SOURCES ? n : YG_JOURNAL_SOURCES;
}

bool yg_intake_state_name(const struct yg_intake_state *s, uint32_t row,
                          struct yg_str *tenant, struct yg_str *name)
{
    if (row >= yg_intake_state_rows(s))
        return false;
    const struct row *r = &s->page->row[row];
    *tenant =
        (struct yg_str){ r->tenant, r->tenant_n < TEXT_MAX ? r->tenant_n : TEXT_MAX };
    *name = (struct yg_str){ r->name, r->name_n < TEXT_MAX ? r->name_n : TEXT_MAX };
    return true;
}

static int find_row(const struct yg_intake_state *s, struct yg_str tenant,
                    struct yg_str name)
{
    struct yg_str t, n;

    for (uint32_t i = 0; yg_intake_state_name(s, i, &t, &n); i++)
        if (yg_str_eq(t, tenant) && yg_str_eq(n, name))
            return (int)i;
    return -1;
}

int yg_intake_state_row(struct yg_intake_state *s, struct yg_str tenant,
                        struct yg_str name)
{
    int at = find_row(s, tenant, name);

    if (at >= 0 || !s->write || tenant.n > TEXT_MAX || name.n > TEXT_MAX)
        return at;
    if (flock(s->fd, LOCK_EX) != 0)
        return -1;
    at = find_row(s, tenant, name);
    uint32_t n = yg_intake_state_rows(s);
    if (at < 0 && n < YG_JOURNAL_SOURCES) {
        struct row *r = &s->page->row[n];
        r->tenant_n = (uint16_t)tenant.n;
        r->name_n = (uint16_t)name.n;
        if (tenant.n)
            memcpy(r->tenant, tenant.p, tenant.n);
        if (name.n)
            memcpy(r->name, name.p, name.n);
        for (int i = 0; i < YG_IN_COUNT; i++)
            atomic_store_explicit(&r->v[i], 0, memory_order_relaxed);
        atomic_store(&r->until, 0);
        atomic_store_explicit(&s->page->rows, n + 1, memory_order_release);
        at = (int)n;
    }
    flock(s->fd, LOCK_UN);
    return at;
}

uint64_t yg_intake_state_get(const struct yg_intake_state *s, uint32_t row,
                             enum yg_intake_counter c)
{
    if (row >= YG_JOURNAL_SOURCES)
        return 0;
    const struct row *r = &s->page->row[row];
    uint64_t refused = c == YG_IN_RECEIVED ? atomic_load(&r->v[YG_IN_REFUSED]) : 0;
    return refused + atomic_load_explicit(&r->v[c], memory_order_relaxed);
}

void yg_intake_state_add(struct yg_intake_state *s, uint32_t row,
                         enum yg_intake_counter c, uint64_t n)
{
    if (row < YG_JOURNAL_SOURCES && s->write)
        atomic_fetch_add_explicit(&s->page->row[row].v[c], n, memory_order_relaxed);
}

void yg_intake_state_set(struct yg_intake_state *s, uint32_t row,
                         enum yg_intake_counter c, uint64_t v)
{
    if (row < YG_JOURNAL_SOURCES && s->write)
        atomic_store_explicit(&s->page->row[row].v[c], v, memory_order_relaxed);
}

static struct yg_journal_place place_of(uint64_t v)
{
    return (struct yg_journal_place){ v >> 32, v & UINT32_MAX };
}

static uint64_t packed(struct yg_journal_place p)
{
    YG_ASSERT(p.segment <= YG_PAGE_SEGMENT_MAX && p.offset <= YG_PAGE_OFFSET_MAX);
    return p.segment << 32 | p.offset;
}

struct yg_journal_place yg_page_durable(const struct yg_intake_state *s)
{
    return place_of(atomic_load_explicit(&s->page->durable, memory_order_acquire));
}

void yg_page_set_durable(struct yg_intake_state *s, struct yg_journal_place p)
{
    atomic_store_explicit(&s->page->durable, packed(p), memory_order_release);
    atomic_fetch_add_explicit(&s->page->waits, 1, memory_order_release);
    syscall(SYS_futex, &s->page->waits, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void yg_page_count(struct yg_intake_state *s, uint32_t row, struct yg_journal_place upto,
                   uint64_t records, uint64_t bytes)
{
    struct row *r = row < YG_JOURNAL_SOURCES ? &s->page->row[row] : NULL;

    if (!r)
        return;
    /* Killed at any line of it, undo and the next count make it right. */
    atomic_store(&r->before[0], atomic_load(&r->v[YG_IN_RECEIVED]));
    atomic_store(&r->before[1], atomic_load(&r->v[YG_IN_BYTES]));
    atomic_store(&r->until, packed(upto));
    atomic_fetch_add(&r->v[YG_IN_RECEIVED], records);
    atomic_fetch_add(&r->v[YG_IN_BYTES], bytes);
}

void yg_page_undo(struct yg_intake_state *s)
{
    uint64_t durable = atomic_load(&s->page->durable);

    for (uint32_t i = 0; i < yg_intake_state_rows(s); i++) {
        struct row *r = &s->page->row[i];
        if (atomic_load(&r->until) <= durable)
            continue;
        atomic_store(&r->v[YG_IN_RECEIVED], atomic_load(&r->before[0]));
        atomic_store(&r->v[YG_IN_BYTES], atomic_load(&r->before[1]));
        atomic_store(&r->until, durable);
    }
}

struct yg_journal_place yg_page_consumed(const struct yg_intake_state *s)
{
    return place_of(atomic_load_explicit(&s->page->consumed, memory_order_acquire));
}

void yg_page_set_consumed(struct yg_intake_state *s, struct yg_journal_place p)
{
    atomic_store_explicit(&s->page->consumed, packed(p), memory_order_release);
}

uint32_t yg_page_waits(const struct yg_intake_state *s)
{
    return atomic_load_explicit(&s->page->waits, memory_order_acquire);
}

void yg_page_wait(struct yg_intake_state *s, uint32_t seen, int64_t timeout_ns)
{
    struct timespec ts = { .tv_sec = timeout_ns / YG_NS_PER_S,
                           .tv_nsec = (long)(timeout_ns % YG_NS_PER_S) };

    if (timeout_ns > 0)
        syscall(SYS_futex, &s->page->waits, FUTEX_WAIT, seen, &ts, NULL, 0);
}
