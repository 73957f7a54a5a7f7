/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/file.h"

#include "base/clock.h"
#include "intake/loop.h"
#include "intake/tail.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TICK_NS      (YG_NS_PER_S / 10)
#define ROUND        10 /* ticks */
#define READINGS     64 /* of one file in a tick */
#define SILENT_S     10 /* a file whose name is gone is given up after so long */
#define COPY_WAIT_S  60 /* what begins like another file is waited for so long */
#define COPIES       64 /* of these at once */
#define SETTLE_WAITS 5  /* rounds until a file that was given up is closed */

struct suspect {
    uint64_t device, inode;
    int64_t since_s;
};

struct files {
    struct yg_intake *in;
    struct yg_loop *loop;
    const struct yg_input_conf *conf;
    uint32_t source;
    struct yg_timer *timer;
    struct yg_filepos_list places;
    struct yg_tail *tail;
    size_t count;
    struct yg_tail *from; /* whose records the unit holds */
    struct yg_tail_unit unit;
    unsigned ticks;
    unsigned rest; /* ticks until places may be saved again */
    bool begun;    /* a round was made: files that are new now are new */
    bool moved;    /* places are not as they were saved */
    struct suspect suspect[COPIES];
};

static int64_t now_s(const struct files *f)
{
    return yg_intake_now(f->in) / YG_NS_PER_S;
}

/* False: the journal is full; the unit stays. */
static bool give(struct files *f)
{
    struct yg_tail_unit *u = &f->unit;
    uint64_t ticket = 0;
    enum yg_status st = YG_OK;

    if (u->n > 0)
        st = yg_intake_take(f->in, f->source, u->rec, u->n, &ticket);
    if (st == YG_EBUSY)
        return false;
    if (st != YG_OK) /* cannot be: they were made to fit */
        yg_intake_count(f->in, f->source, YG_IN_REFUSED, u->n);
    if (u->n > 0 && f->from)
        yg_tail_added(f->from, ticket);
    yg_tail_unit_clear(u);
    return true;
}

/* What it held without a line end is a record; closed when that is settled. */
static bool give_up(struct files *f, struct yg_tail *t)
{
    f->from = t;
    yg_tail_end(t, f->in, f->source, &f->unit);
    return give(f);
}

/* False: held back. */
static bool read_tail(struct files *f, struct yg_tail *t)
{
    for (int i = 0; i < READINGS && !t->ended; i++) {
        enum yg_tail_end end = yg_tail_read(t, f->in, f->source, &f->unit, now_s(f));
        f->from = t;
        if (end == YG_TAIL_DRY)
            return true;
        if (end == YG_TAIL_CUT) {
            t->waits = SETTLE_WAITS; /* its place cannot move any more */
            return give_up(f, t);
        }
        if (end == YG_TAIL_UNIT_FULL && !give(f))
            return false;
    }
    return true;
}

/* ---- a round ---------------------------------------------------------------------- */

static bool is_packed(const char *path)
{
    static const char *const end[] = { ".gz", ".xz", ".zst", ".bz2", ".zip", ".lz4" };
    size_t n = strlen(path);

    for (size_t i = 0; i < YG_ARRAY_LEN(end); i++) {
        size_t m = strlen(end[i]);
        if (n > m && strcmp(path + n - m, end[i]) == 0)
            return true;
    }
    return false;
}

/* A copy that is being made will fit, or its original be cut, before long. */
static bool still_suspect(struct files *f, const struct stat *sb)
{
    struct suspect *slot = NULL;

    for (size_t i = 0; i < COPIES; i++) {
        struct suspect *s = &f->suspect[i];
        if (s->since_s && s->device == (uint64_t)sb->st_dev &&
            s->inode == (uint64_t)sb->st_ino)
            return now_s(f) - s->since_s < COPY_WAIT_S;
        /* the place of one that was decided long ago is free again */
        if (!slot && now_s(f) - s->since_s > 100 * COPY_WAIT_S)
            slot = s;
    }
    if (slot)
        *slot = (struct suspect){ (uint64_t)sb->st_dev, (uint64_t)sb->st_ino, now_s(f) };
    return slot != NULL;
}

/* Its generation is on the disk before a record of it is added. */
static struct yg_filepos *new_place(struct files *f, int fd)
{
    struct yg_filepos *at = yg_filepos_add(&f->places, fd, now_s(f));

    if (at && yg_filepos_save(&f->places, NULL) != YG_OK) {
        at->used = false;
        at = NULL;
    }
    return at;
}

static void follow(struct files *f, int fd, const char *path)
{
    struct stat sb;
    bool copy = false, fresh = false;
    struct yg_filepos *at = yg_filepos_find(&f->places, fd, &copy);

    bool ok = fstat(fd, &sb) == 0 && (at || !copy || !still_suspect(f, &sb));
    if (ok && !at) {
        at = new_place(f, fd);
        fresh = true;
    }
    if (!ok || !at) {
        close(fd);
        return;
    }
    bool at_end = fresh && !f->conf->from_start && f->places.fresh && !f->begun;
    struct yg_tail *t = yg_tail_new(fd, path, at, at_end, !f->conf->mapping, now_s(f));
    if (!t) {
        at->used = false;
        return;
    }
    t->next = f->tail;
    f->tail = t;
    f->count++;
    yg_intake_count(f->in, f->source, YG_IN_CONNECTIONS, 1);
}

static void look_at(struct files *f, const char *path)
{
    struct stat sb;

    if (is_packed(path) || stat(path, &sb) != 0 || !S_ISREG(sb.st_mode))
        return;
    for (struct yg_tail *t = f->tail; t; t = t->next) {
        if (t->device == (uint64_t)sb.st_dev && t->inode == (uint64_t)sb.st_ino) {
            t->listed = true;
            return;
        }
    }
    if (sb.st_size == 0 || f->count >= YG_FILES_MAX)
        return; /* empty: nothing to know it by yet */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0)
        follow(f, fd, path);
}

static void settle(struct files *f)
{
    uint64_t durable = yg_journal_durable(yg_intake_journal(f->in));

    for (struct yg_tail *t = f->tail; t; t = t->next)
        f->moved |= yg_tail_settle(t, durable, now_s(f));
    /* The first that moves after the start is saved at once: who dies again and again
     * must come further each time, not read the same again. */
    if (f->rest > 0)
        f->rest--;
    if (!f->moved || f->rest > 0)
        return;
    f->moved = yg_filepos_save(&f->places, NULL) != YG_OK;
    f->rest = ROUND;
}

static void close_ended(struct files *f)
{
    for (struct yg_tail **at = &f->tail; *at;) {
        struct yg_tail *t = *at;
        if (!t->ended || (t->place->offset < t->added && ++t->waits < SETTLE_WAITS)) {
            at = &t->next;
            continue;
        }
        if (f->from == t)
            f->from = NULL;
        *at = t->next;
        f->count--;
        yg_tail_free(t);
    }
}

static void make_round(struct files *f)
{
    glob_t g = { .gl_pathc = 0 };

    close_ended(f);
    for (struct yg_tail *t = f->tail; t; t = t->next)
        t->listed = false;
    if (glob(f->conf->path.p, 0, NULL, &g) == 0)
        for (size_t i = 0; i < g.gl_pathc; i++)
            look_at(f, g.gl_pathv[i]);
    globfree(&g);
    f->begun = true;
    for (struct yg_tail *t = f->tail; t; t = t->next)
        if (!t->listed && !t->ended && now_s(f) - t->active >= SILENT_S && !give_up(f, t))
            return;
}

static void on_tick(void *arg)
{
    struct files *f = arg;

    settle(f);
    if (f->unit.n > 0 && !give(f))
        return;
    if (f->ticks++ % ROUND == 0)
        make_round(f);
    if (f->unit.n > 0)
        return;
    for (struct yg_tail *t = f->tail; t; t = t->next)
        if (!read_tail(f, t))
            return;
}

/* ---- the kind --------------------------------------------------------------------- */

static void free_files(void *state)
{
    struct files *f = state;

    if (!f)
        return;
    if (f->places.place) {
        settle(f); /* twice: what was open, then what was added last */
        f->rest = 0;
        settle(f);
    }
    while (f->tail) {
        struct yg_tail *t = f->tail;
        f->tail = t->next;
        yg_tail_free(t);
    }
    yg_filepos_close(&f->places);
    yg_tail_unit_fini(&f->unit);
    free(f);
}

static void stop(void *state)
{
    struct files *f = state;

    yg_loop_untime(f->timer);
    f->timer = NULL;
    (void)give(f);
}

static enum yg_status start(struct yg_intake *in, const struct yg_input_conf *conf,
                            uint32_t source, void **state, struct yg_err *err)
{
    struct files *f = calloc(1, sizeof(*f));
    unsigned char id[YG_ID_SIZE];
    char path[4096], hex[2 * YG_ID_SIZE + 1];

    if (!f)
        return yg_err_set(err, YG_ENOMEM, "no memory for an input");
    yg_tail_unit_init(&f->unit);
    f->in = in;
    f->loop = yg_intake_loop(in);
    f->conf = conf;
    f->source = source;
    yg_intake_id(in, source, YG_STR("places of files"), id);
    yg_hex(id, sizeof(id), hex);
    snprintf(path, sizeof(path), "%s/file-%.16s.places", yg_intake_dir(in), hex);
    enum yg_status st = yg_filepos_open(&f->places, path, err);
    if (st == YG_OK && yg_loop_every(f->loop, TICK_NS, on_tick, f, &f->timer) != YG_OK)
        st = yg_err_set(err, YG_ENOMEM, "no memory for an input");
    if (st == YG_OK)
        *state = f;
    else
        free_files(f);
    return st;
}

const struct yg_intake_kind yg_intake_file = {
    .name = "file",
    .doc = "files that grow, by name or pattern, over rotation and restarts",
    .start = start,
    .stop = stop,
    .free = free_files,
};
