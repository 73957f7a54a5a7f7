/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/spool.h"

#include "base/hash.h"
#include "base/log.h"
#include "spool/indexer.h"
#include "spool/places.h"
#include "spool/spool_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX ((size_t)64 << 20) /* bytes of paths */
#define HEAD      64                 /* bytes that tell a grown file from another one */
#define COPY      "unpacked-"

bool yg_spool_copy_path(const struct yg_spool *s, int64_t id, char *out, size_t size)
{
    int n = snprintf(out, size, "%s/" COPY "%lld", s->cache, (long long)id);

    return n > 0 && (size_t)n < size;
}

static enum yg_status take_sums(struct yg_spool *s, struct yg_err *err)
{
    struct yg_index_sums sums;
    enum yg_status st = yg_index_sums(s->ix, &sums, err);

    if (st != YG_OK)
        return st;
    s->sums.files = sums.files;
    s->sums.packets = sums.packets;
    s->sums.bytes = sums.bytes;
    s->sums.passed = sums.passed;
    s->sums.cut_files = sums.cut;
    s->sums.bad_files = sums.bad;
    return YG_OK;
}

static enum yg_status copy_paths(struct yg_spool *s, const char *const *paths,
                                 size_t count, struct yg_err *err)
{
    s->path = calloc(count + 1, sizeof(*s->path));
    if (!s->path)
        return yg_err_set(err, YG_ENOMEM, "no memory for the spool");
    for (; s->paths < count; s->paths++) {
        s->path[s->paths] = strdup(paths[s->paths]);
        if (!s->path[s->paths])
            return yg_err_set(err, YG_ENOMEM, "no memory for the spool");
    }
    return YG_OK;
}

static enum yg_status open_cache(struct yg_spool *s, struct yg_err *err)
{
    char path[PATH_MAX];
    bool made;

    if (mkdir(s->cache, 0700) != 0 && errno != EEXIST)
        return yg_err_errno(err, "cannot make the folder of the packet index");
    int n = snprintf(path, sizeof(path), "%s/lock", s->cache);
    if (n < 0 || (size_t)n >= sizeof(path) - 16)
        return yg_err_set(err, YG_EINVAL, "the cache's path is too long");
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock < 0)
        return yg_err_errno(err, "cannot write to the folder of the packet index");
    snprintf(path, sizeof(path), "%s/packets.index", s->cache);
    return yg_index_open(path, &s->ix, &made, err);
}

enum yg_status yg_spool_open(const char *cache, const char *const *paths, size_t count,
                             struct yg_spool **out, struct yg_err *err)
{
    struct yg_spool *s = calloc(1, sizeof(*s));

    if (!s)
        return yg_err_set(err, YG_ENOMEM, "no memory for the spool");
    s->lock = -1;
    s->cache = strdup(cache);
    enum yg_status st = s->cache ? copy_paths(s, paths, count, err)
                                 : yg_err_set(err, YG_ENOMEM, "no memory for the spool");
    if (st == YG_OK)
        st = open_cache(s, err);
    if (st == YG_OK)
        st = take_sums(s, err);
    if (st != YG_OK) {
        yg_err_at(err, cache, 0, 0);
        yg_spool_free(s);
        return st;
    }
    *out = s;
    return YG_OK;
}

void yg_spool_free(struct yg_spool *s)
{
    if (!s)
        return;
    yg_index_free(s->ix);
    if (s->lock >= 0)
        close(s->lock);
    for (size_t i = 0; i < s->paths; i++)
        free(s->path[i]);
    free(s->path);
    free(s->cache);
    free(s);
}

void yg_spool_sums_of(const struct yg_spool *s, struct yg_spool_sums *out)
{
    *out = s->sums;
}

/* Drop what is known of a file, and its unpacked copy. */
static enum yg_status forget(struct yg_spool *s, const struct yg_file_row *row,
                             struct yg_err *err)
{
    char copy[PATH_MAX];
    enum yg_status st = yg_index_begin(s->ix, err);

    if (st == YG_OK)
        st = yg_index_file_forget(s->ix, row, err);
    if (st == YG_OK)
        st = yg_index_commit(s->ix, err);
    yg_index_rollback(s->ix);
    if (st == YG_OK && yg_spool_copy_path(s, row->id, copy, sizeof(copy)))
        (void)unlink(copy);
    return st;
}

/* Hash of the file's first `n` bytes. */
static uint64_t head_hash(int fd, uint64_t n)
{
    char head[HEAD];
    ssize_t got = pread(fd, head, n < HEAD ? n : HEAD, 0);

    return got < 0 ? 0 : yg_hash_str(HEAD, (struct yg_str){ head, (size_t)got });
}

static bool is_packed(int fd)
{
    static const char magic[][5] = { "\x1f\x8b", "\xfd\x37zX", "\x28\xb5\x2f\xfd" };
    char head[4] = { 0 };

    if (pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
        return false;
    for (size_t i = 0; i < YG_ARRAY_LEN(magic); i++)
        if (memcmp(head, magic[i], strlen(magic[i])) == 0)
            return true;
    return false;
}

static uint64_t room_for_copy(const struct yg_index_sums *sums)
{
    uint64_t left =
        sums->unpacked < YG_SPOOL_UNPACK_MAX ? YG_SPOOL_UNPACK_MAX - sums->unpacked : 0;

    return left < YG_SPOOL_UNPACK_EACH ? left : YG_SPOOL_UNPACK_EACH;
}

/* Keep of an unpacked copy what questions read; its size. */
static uint64_t keep_copy(int fd, const char *path, const struct yg_file_row *row)
{
    uint64_t use = row->state >= YG_FILE_ALIEN ? 0 : row->done;
    struct stat sb;

    if (use == 0)
        (void)unlink(path);
    else if (fstat(fd, &sb) == 0 && (uint64_t)sb.st_size > use &&
             ftruncate(fd, (off_t)use) != 0)
        use = (uint64_t)sb.st_size;
    close(fd);
    return use;
}

/* Take the file through the indexer, from where the row says. */
static enum yg_status go_through(struct yg_spool *s, int fd, struct yg_file_row *row,
                                 struct yg_err *err)
{
    struct yg_indexing job = { .fd = fd, .unpacked = -1, .size = row->size };
    struct yg_index_sums sums;
    char copy[PATH_MAX];

    enum yg_status st = yg_index_sums(s->ix, &sums, err);
    job.face = calloc(YG_FACES_MAX, sizeof(*job.face));
    if (st != YG_OK || !job.face) {
        free(job.face);
        return st != YG_OK ? st : yg_err_set(err, YG_ENOMEM, "no memory for the indexer");
    }
    st = yg_index_faces(s->ix, row->id, job.face, &job.faces, err);
    job.from = job.faces ? row->done : 0;
    if (st == YG_OK && is_packed(fd) && yg_spool_copy_path(s, row->id, copy, PATH_MAX)) {
        job.unpack_max = room_for_copy(&sums);
        job.unpacked = open(copy, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (job.unpacked < 0)
            st = yg_err_errno(err, "cannot unpack into the cache");
    }
    if (st == YG_OK)
        st = yg_indexer_run(s->ix, row, &job, err);
    if (st == YG_EFORMAT || st == YG_ECHILD)
        row->state = YG_FILE_REFUSED;
    if (job.unpacked >= 0) {
        row->unpacked = keep_copy(job.unpacked, copy, row);
    }
    free(job.face);
    return st;
}

/* A row for a file not known yet, or grown, or another one under the name. YG_EEXIST:
 * nothing is new about it. */
static enum yg_status row_for(struct yg_spool *s, const struct yg_place_file *f, int fd,
                              struct yg_file_row *row, struct yg_err *err)
{
    enum yg_status st = yg_index_file(s->ix, f->path, row, err);

    if (st != YG_OK && st != YG_ENOTFOUND)
        return st;
    if (st == YG_OK) {
        bool same = row->dev == f->dev && row->ino == f->ino &&
                    row->state != YG_FILE_NEW && row->head == head_hash(fd, row->head_n);
        if (same && row->size == f->size && row->mtime_ns == f->mtime_ns)
            return YG_EEXIST;
        if (same && f->size > row->size && !row->unpacked && row->state <= YG_FILE_CUT) {
            row->size = f->size;
            row->mtime_ns = f->mtime_ns;
            return YG_OK;
        }
        st = forget(s, row, err);
        if (st != YG_OK)
            return st;
    }
    *row = (struct yg_file_row){ .dev = f->dev,
                                 .ino = f->ino,
                                 .size = f->size,
                                 .mtime_ns = f->mtime_ns,
                                 .head_n = f->size < HEAD ? f->size : HEAD };
    row->head = head_hash(fd, row->head_n);
    return yg_index_file_add(s->ix, f->path, row, err);
}

/* Does an error of one file end the refresh? */
static bool is_fatal(enum yg_status st)
{
    return st == YG_ENOMEM || st == YG_EBUSY || st == YG_ECORRUPT || st == YG_EIO;
}

static enum yg_status refresh_open(struct yg_spool *s, const struct yg_place_file *f,
                                   int fd, struct yg_err *err)
{
    struct yg_file_row row;
    enum yg_status st = row_for(s, f, fd, &row, err);

    if (st == YG_EEXIST)
        return YG_OK;
    if (st != YG_OK)
        return st;
    st = go_through(s, fd, &row, err);
    if (is_fatal(st))
        return st;
    if (st != YG_OK) {
        yg_err_at(err, f->path.p, 0, 0);
        yg_log_err(err, "its packets are not found from there on");
    }
    return yg_index_file_set(s->ix, &row, err);
}

static enum yg_status refresh_file(struct yg_spool *s, const struct yg_place_file *f,
                                   struct yg_err *err)
{
    struct stat sb;
    int fd = open(f->path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode)) {
        (void)yg_err_set(err, YG_EIO, "cannot read the capture");
        yg_err_at(err, f->path.p, 0, 0);
        yg_log_err(err, "its packets are not found");
        if (fd >= 0)
            close(fd);
        return YG_OK;
    }
    struct yg_place_file now = *f; /* it may have been replaced since it was listed */
    now.dev = sb.st_dev;
    now.ino = sb.st_ino;
    now.size = (uint64_t)sb.st_size;
    now.mtime_ns = (int64_t)sb.st_mtim.tv_sec * 1000000000 + sb.st_mtim.tv_nsec;
    enum yg_status st = refresh_open(s, &now, fd, err);
    close(fd);
    return st;
}

/* Forget files that are not there any more. */
static enum yg_status forget_gone(struct yg_spool *s, const struct yg_places *p,
                                  struct yg_err *err)
{
    struct yg_file_row row = { 0 };
    struct yg_arena arena;
    struct yg_str path;
    enum yg_status st;

    yg_arena_init(&arena, (size_t)1 << 20);
    while ((st = yg_index_file_after(s->ix, row.id, &arena, &row, &path, err)) == YG_OK) {
        if (!yg_places_has(p, path))
            st = forget(s, &row, err);
        yg_arena_clear(&arena);
        if (st != YG_OK)
            break;
    }
    yg_arena_fini(&arena);
    return st == YG_EEND ? YG_OK : st;
}

static bool is_under(const struct yg_spool *s, struct yg_str file)
{
    for (size_t i = 0; i < s->paths; i++) {
        struct yg_str path = yg_str_of(s->path[i]);
        if (yg_str_starts(file, path) && (file.n == path.n || file.p[path.n] == '/'))
            return true;
    }
    return false;
}

enum yg_status yg_spool_is_ours(struct yg_spool *s, bool *ours, struct yg_err *err)
{
    struct yg_file_row row = { 0 };
    struct yg_arena arena;
    struct yg_str path;
    enum yg_status st;

    *ours = true;
    yg_arena_init(&arena, (size_t)1 << 20);
    while (*ours &&
           (st = yg_index_file_after(s->ix, row.id, &arena, &row, &path, err)) == YG_OK) {
        *ours = is_under(s, path);
        yg_arena_clear(&arena);
    }
    yg_arena_fini(&arena);
    return !*ours || st == YG_EEND ? YG_OK : st;
}

/* Unpacked copies that no file row owns: a crash left them. */
static void remove_strays(struct yg_spool *s)
{
    struct yg_file_row row;
    struct yg_arena arena;
    struct dirent *e;
    DIR *d = opendir(s->cache);
    uint64_t id;

    while (d && (e = readdir(d))) {
        struct yg_str name = yg_str_of(e->d_name);
        if (!yg_str_starts(name, YG_STR(COPY)))
            continue;
        name.p += sizeof(COPY) - 1;
        name.n -= sizeof(COPY) - 1;
        if (!yg_str_u64(name, &id))
            continue;
        yg_arena_init(&arena, (size_t)1 << 16);
        struct yg_str path;
        if (yg_index_file_by_id(s->ix, (int64_t)id, &arena, &row, &path, NULL) ==
            YG_ENOTFOUND)
            (void)unlinkat(dirfd(d), e->d_name, 0);
        yg_arena_fini(&arena);
    }
    if (d)
        closedir(d);
}

enum yg_status yg_spool_fault_next(struct yg_spool *s, struct yg_arena *a,
                                   struct yg_spool_fault *f, struct yg_err *err)
{
    static const struct {
        const char *what, *remedy;
    } of[] = {
        [YG_FILE_DAMAGED] = { "damaged: no packet record stands there",
                              "copy the file from the sensor again; what comes after is "
                              "not found" },
        [YG_FILE_ALIEN] = { "no capture (pcap, pcapng; also .gz, .xz, .zst)",
                            "name captures only, or convert it to pcapng" },
        [YG_FILE_REFUSED] = { "not to be gone through: its reader gave up",
                              "split the file and name the parts" },
        [YG_FILE_LARGE] = { "unpacks to more than 1 GiB, or beyond the 4 GiB of all",
                            "unpack it beside the others and name that" },
    };
    struct yg_file_row row = { .id = f->id };
    enum yg_status st;

    while ((st = yg_index_file_after(s->ix, row.id, a, &row, &f->path, err)) == YG_OK) {
        if (row.state >= YG_ARRAY_LEN(of) || !of[row.state].what)
            continue;
        f->id = row.id;
        f->at = row.done;
        f->unpacked = row.unpacked > 0;
        f->what = of[row.state].what;
        f->remedy = of[row.state].remedy;
        return YG_OK;
    }
    return st;
}

static enum yg_status refresh(struct yg_spool *s, struct yg_err *err)
{
    struct yg_places places;
    struct yg_arena names;

    yg_arena_init(&names, NAMES_MAX);
    enum yg_status st =
        yg_places_find((const char *const *)s->path, s->paths, &names, &places, err);
    if (st != YG_OK) {
        yg_arena_fini(&names);
        return st;
    }
    if (places.full)
        yg_log(YG_LOG_WARN, "spool: more than %d capture files; the rest is not found",
               YG_PLACES_MAX);
    /* A folder that cannot be looked at just now is no reason to forget its files. */
    if (places.unseen == 0 && !places.full)
        st = forget_gone(s, &places, err);
    yg_places_by_age(&places);
    for (size_t i = 0; st == YG_OK && i < places.count; i++)
        st = refresh_file(s, &places.file[i], err);
    if (st == YG_OK)
        st = yg_index_sweep(s->ix, false, err);
    remove_strays(s);
    yg_index_settle(s->ix);
    yg_places_fini(&places);
    yg_arena_fini(&names);
    return st;
}

enum yg_status yg_spool_refresh(struct yg_spool *s, struct yg_err *err)
{
    if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK
                   ? yg_err_set(err, YG_EBUSY, "another program is indexing into %s",
                                s->cache)
                   : yg_err_errno(err, "cannot lock %s", s->cache);
    enum yg_status st = refresh(s, err);
    enum yg_status sums = st == YG_OK ? take_sums(s, err) : YG_OK;
    (void)flock(s->lock, LOCK_UN);
    return st != YG_OK ? st : sums;
}
