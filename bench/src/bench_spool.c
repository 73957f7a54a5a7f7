/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_spool - what an alert's packets cost, out of a small spool and out of a large
 * one.
 *
 * bench_spool make DIR MB: a rolling capture, DIR/spool/NNNNN.pcap of 100 MB each, and
 * DIR/alerts with the ends and time of some of its conversations. 64 conversations of
 * 500 internal hosts go on at a time; most have a few packets, one in a thousand some
 * ten thousand; a third are name look-ups; a packet a millisecond. Payload is zeros, the
 * rest is real. The same MB give the same bytes.
 *
 * bench_spool compare FILE...: do the spool's reader and libpcap yield the same frames?
 *
 * bench_spool run DIR QUESTIONS: a bare libpcap loop over the files, indexing them into
 * DIR/cache (both with the files in memory as far as they fit), then questions with
 * nothing of index and captures in memory. The last line is one JSON object.
 */
#include "base/clock.h"
#include "base/hash.h"
#include "base/rng.h"
#include "packet/capfile.h"
#include "spool/spool.h"
#include "spool/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES ((size_t)100 << 20)
#define ACTIVE     64
#define HOSTS      500
#define START_NS   (INT64_C(1700000000) * YG_NS_PER_S)
#define ALERT_LINE 256
#define FILES_MAX  2048

struct talk {
    struct yg_tuple t; /* src: the client */
    uint32_t packets, sent, alert_at;
    bool names;
};

struct maker {
    struct yg_rng rng;
    struct talk talk[ACTIVE];
    int64_t now;
    struct yg_buf buf;
    const char *dir;
    FILE *alerts;
    unsigned files;
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void put_be(struct yg_buf *b, uint64_t v, unsigned bytes)
{
    while (bytes-- > 0)
        yg_buf_u8(b, (uint8_t)(v >> 8 * bytes));
}

static void set_ip(unsigned char ip[YG_IP_SIZE], uint32_t v4)
{
    memset(ip, 0, YG_IP_SIZE);
    ip[10] = ip[11] = 0xff;
    for (unsigned i = 0; i < 4; i++)
        ip[12 + i] = (unsigned char)(v4 >> (24 - 8 * i));
}

static void begin_talk(struct maker *m, struct talk *k)
{
    uint64_t size = yg_rng_below(&m->rng, 1000);

    *k = (struct talk){ .names = yg_rng_below(&m->rng, 3) == 0 };
    k->packets = k->names    ? 2
                 : size < 1  ? 20000 + (uint32_t)yg_rng_below(&m->rng, 20000)
                 : size < 50 ? 500 + (uint32_t)yg_rng_below(&m->rng, 1000)
                             : 6 + (uint32_t)yg_rng_below(&m->rng, 40);
    k->t.proto = k->names ? YG_IP_UDP : YG_IP_TCP;
    set_ip(k->t.src, 0x0a000000U + (uint32_t)yg_rng_below(&m->rng, HOSTS));
    set_ip(k->t.dst,
           k->names ? 0x0a0000feU : 0x08000000U + (uint32_t)yg_rng_below(&m->rng, 20000));
    k->t.src_port = (uint16_t)(1024 + yg_rng_below(&m->rng, 64000));
    k->t.dst_port = k->names ? 53 : 443;
    k->alert_at = yg_rng_below(&m->rng, 50) == 0
                      ? (uint32_t)yg_rng_below(&m->rng, k->packets)
                      : UINT32_MAX;
}

static void put_frame(struct maker *m, const struct talk *k, bool back, size_t n)
{
    static const char zeros[1500];
    const struct yg_tuple *t = &k->t;
    size_t head = k->names ? 8 : 20;
    uint8_t flags = k->sent == 0   ? YG_TCP_SYN
                    : k->sent == 1 ? YG_TCP_SYN | YG_TCP_ACK
                                   : YG_TCP_ACK;

    put_be(&m->buf, 0x020000000001, 6);
    put_be(&m->buf, 0x020000000002, 6);
    put_be(&m->buf, 0x0800, 2);
    put_be(&m->buf, 0x4500, 2);
    put_be(&m->buf, 20 + head + n, 2);
    put_be(&m->buf, 0, 4);
    put_be(&m->buf, 64, 1);
    put_be(&m->buf, t->proto, 1);
    put_be(&m->buf, 0, 2);
    yg_buf_add(&m->buf, (back ? t->dst : t->src) + 12, 4);
    yg_buf_add(&m->buf, (back ? t->src : t->dst) + 12, 4);
    put_be(&m->buf, back ? t->dst_port : t->src_port, 2);
    put_be(&m->buf, back ? t->src_port : t->dst_port, 2);
    if (k->names) {
        put_be(&m->buf, 8 + n, 2);
        put_be(&m->buf, 0, 2);
    } else {
        put_be(&m->buf, k->sent, 4);
        put_be(&m->buf, k->sent, 4);
        put_be(&m->buf, 0x50, 1);
        put_be(&m->buf, flags, 1);
        put_be(&m->buf, 0xffff0000, 4);
        put_be(&m->buf, 0, 2);
    }
    yg_buf_add(&m->buf, zeros, n);
}

static void alert(struct maker *m, const struct talk *k)
{
    char src[2 * YG_IP_SIZE + 1], dst[2 * YG_IP_SIZE + 1];

    yg_hex(k->t.src, YG_IP_SIZE, src);
    yg_hex(k->t.dst, YG_IP_SIZE, dst);
    fprintf(m->alerts, "%s %s %u %u %u %lld\n", src, dst, k->t.src_port, k->t.dst_port,
            k->t.proto, (long long)m->now);
}

static void put_packet(struct maker *m)
{
    struct talk *k = &m->talk[yg_rng_below(&m->rng, ACTIVE)];
    bool back = k->sent % 2;
    size_t n = k->names ? 60 : k->sent < 3 ? 0 : back ? 1400 : yg_rng_below(&m->rng, 200);
    size_t wire = 14 + 20 + (k->names ? 8U : 20U) + n;

    m->now += 500000 + (int64_t)yg_rng_below(&m->rng, 1000000);
    yg_buf_u32(&m->buf, (uint32_t)(m->now / YG_NS_PER_S));
    yg_buf_u32(&m->buf, (uint32_t)(m->now % YG_NS_PER_S / 1000));
    yg_buf_u32(&m->buf, (uint32_t)wire);
    yg_buf_u32(&m->buf, (uint32_t)wire);
    put_frame(m, k, back, n);
    if (k->sent == k->alert_at)
        alert(m, k);
    if (++k->sent == k->packets)
        begin_talk(m, k);
}

static void write_file(struct maker *m)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/spool/%05u.pcap", m->dir, m->files++);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || yg_buf_status(&m->buf) != YG_OK)
        die(path);
    for (size_t at = 0; at < m->buf.n;) {
        ssize_t n = write(fd, m->buf.p + at, m->buf.n - at);
        if (n <= 0)
            die(path);
        at += (size_t)n;
    }
    /* What is not on the disk cannot be taken out of memory later. */
    if (fdatasync(fd) != 0 || close(fd) != 0)
        die(path);
}

static int make(const char *dir, size_t bytes)
{
    static struct maker m;
    char path[PATH_MAX];

    m.dir = dir;
    m.now = START_NS;
    yg_rng_init(&m.rng, 1);
    snprintf(path, sizeof(path), "%s/spool", dir);
    if (mkdir(path, 0700) != 0)
        die(path);
    snprintf(path, sizeof(path), "%s/alerts", dir);
    m.alerts = fopen(path, "we");
    if (!m.alerts)
        die(path);
    for (size_t i = 0; i < ACTIVE; i++)
        begin_talk(&m, &m.talk[i]);
    yg_buf_init(&m.buf, FILE_BYTES + 65536);
    while (bytes > 0) {
        size_t size = bytes < FILE_BYTES ? bytes : FILE_BYTES;
        yg_buf_clear(&m.buf);
        yg_buf_u32(&m.buf, 0xa1b2c3d4);
        yg_buf_u32(&m.buf, 0x00040002);
        yg_buf_u64(&m.buf, 0);
        yg_buf_u32(&m.buf, 65535);
        yg_buf_u32(&m.buf, YG_LINK_ETHERNET);
        while (m.buf.n < size)
            put_packet(&m);
        write_file(&m);
        bytes -= size;
    }
    yg_buf_fini(&m.buf);
    return fclose(m.alerts) == 0 ? 0 : 1;
}

struct files {
    char path[FILES_MAX][PATH_MAX / 8];
    unsigned count;
};

static void list_files(const char *dir, const char *sub, struct files *f)
{
    char path[PATH_MAX];
    struct dirent *e;

    snprintf(path, sizeof(path), "%s/%s", dir, sub);
    DIR *d = opendir(path);
    if (!d)
        die(path);
    while ((e = readdir(d)) && f->count < FILES_MAX)
        if (e->d_name[0] != '.')
            snprintf(f->path[f->count++], sizeof(f->path[0]), "%.200s/%.100s", path,
                     e->d_name);
    closedir(d);
}

/* Take index and captures out of memory. */
static void make_cold(const struct files *f)
{
    for (unsigned i = 0; i < f->count; i++) {
        int fd = open(f->path[i], O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        close(fd);
    }
}

static uint64_t bare_loop(const struct files *f)
{
    struct yg_err err = { 0 };
    struct yg_frame frame;
    uint64_t n = 0;

    for (unsigned i = 0; i < f->count; i++) {
        struct yg_capfile *c = NULL;
        int fd = open(f->path[i], O_RDONLY | O_CLOEXEC);
        if (fd < 0 || yg_capfile_open(fd, &c, &err) != YG_OK)
            die(f->path[i]);
        while (yg_capfile_next(c, &frame, &err) == YG_OK)
            n++;
        yg_capfile_free(c);
    }
    return n;
}

struct result {
    double bare_s, index_s, *wall;
    uint64_t packets, bytes, index_bytes, *read;
    size_t asked, answered, out_bytes;
};

static struct yg_spool *open_spool(const char *dir)
{
    char cache[PATH_MAX], in[PATH_MAX];
    const char *path = in;
    struct yg_err err = { 0 };
    struct yg_spool *s;

    snprintf(cache, sizeof(cache), "%s/cache", dir);
    snprintf(in, sizeof(in), "%s/spool", dir);
    if (yg_spool_open(cache, &path, 1, &s, &err) != YG_OK) {
        fprintf(stderr, "bench_spool: %s\n", err.msg);
        exit(1);
    }
    return s;
}

static bool read_alert(char *line, struct yg_spool_ask *ask)
{
    struct yg_str rest = yg_str_of(line), word[6];
    uint64_t n[3];
    int64_t t;

    *ask = (struct yg_spool_ask){ .time_ns = 0 };
    rest = yg_str_trim(rest);
    for (size_t i = 0; i < YG_ARRAY_LEN(word); i++)
        word[i] = yg_str_cut(&rest, ' ');
    for (size_t i = 0; i < 3; i++)
        if (!yg_str_u64(word[2 + i], &n[i]))
            return false;
    ask->ends.src_port = (uint16_t)n[0];
    ask->ends.dst_port = (uint16_t)n[1];
    ask->ends.proto = (uint8_t)n[2];
    if (!yg_unhex(word[0], ask->ends.src, YG_IP_SIZE) ||
        !yg_unhex(word[1], ask->ends.dst, YG_IP_SIZE) || !yg_str_i64(word[5], &t))
        return false;
    ask->time_ns = t;
    return true;
}

/* One question to a spool that was just opened. */
static void ask_cold(const char *dir, const struct yg_spool_ask *ask, struct result *r)
{
    struct yg_spool_sums sums;
    struct yg_err err = { 0 };
    struct yg_buf out;

    yg_buf_init(&out, (size_t)1 << 20);
    double from = yg_clock_wall();
    struct yg_spool *s = open_spool(dir);
    if (yg_spool_find(s, ask, &out, &err) != YG_OK) {
        fprintf(stderr, "bench_spool: %s\n", err.msg);
        exit(1);
    }
    r->wall[r->asked] = yg_clock_wall() - from;
    yg_spool_sums_of(s, &sums);
    r->read[r->asked++] = sums.bytes_read;
    r->answered += sums.answered;
    r->out_bytes += out.n;
    yg_spool_free(s);
    yg_buf_fini(&out);
}

/* Alerts evenly from the whole of the capture's time. */
static void ask_all(const char *dir, size_t questions, struct result *r)
{
    static struct files files;
    struct yg_spool_ask ask;
    char path[PATH_MAX], line[ALERT_LINE];
    size_t lines = 0, at = 0;

    list_files(dir, "spool", &files);
    list_files(dir, "cache", &files);
    snprintf(path, sizeof(path), "%s/alerts", dir);
    FILE *f = fopen(path, "re");
    if (!f)
        die(path);
    while (fgets(line, sizeof(line), f))
        lines++;
    rewind(f);
    for (; r->asked < questions && fgets(line, sizeof(line), f); at++) {
        if (at * questions / lines < r->asked || !read_alert(line, &ask))
            continue;
        make_cold(&files);
        ask_cold(dir, &ask, r);
    }
    fclose(f);
}

static void index_all(const char *dir, struct result *r)
{
    static struct files files;
    struct yg_err err = { 0 };
    struct yg_spool_sums sums;
    char path[PATH_MAX];
    struct stat sb;

    list_files(dir, "spool", &files);
    double from = yg_clock_wall();
    uint64_t bare = bare_loop(&files);
    r->bare_s = yg_clock_wall() - from;
    struct yg_spool *s = open_spool(dir);
    from = yg_clock_wall();
    if (yg_spool_refresh(s, &err) != YG_OK) {
        fprintf(stderr, "bench_spool: %s\n", err.msg);
        exit(1);
    }
    r->index_s = yg_clock_wall() - from;
    yg_spool_sums_of(s, &sums);
    yg_spool_free(s);
    r->packets = sums.packets;
    r->bytes = sums.bytes;
    if (bare != sums.packets) {
        fprintf(stderr, "bench_spool: libpcap reads %llu packets, the index has %llu\n",
                (unsigned long long)bare, (unsigned long long)sums.packets);
        exit(1);
    }
    snprintf(path, sizeof(path), "%s/cache/packets.index", dir);
    if (stat(path, &sb) != 0)
        die(path);
    sync(); /* as in write_file */
    r->index_bytes = (uint64_t)sb.st_size;
}

static int by_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static int run(const char *dir, size_t questions)
{
    struct result r = { .wall = calloc(questions, sizeof(double)),
                        .read = calloc(questions, sizeof(uint64_t)) };

    if (!r.wall || !r.read)
        die("memory");
    index_all(dir, &r);
    ask_all(dir, questions, &r);
    if (r.asked == 0)
        die("no alerts");
    qsort(r.wall, r.asked, sizeof(double), by_double);
    qsort(r.read, r.asked, sizeof(uint64_t), by_number);
    printf("{\"packets\":%llu,\"capture_bytes\":%llu,\"index_bytes\":%llu,"
           "\"bare_s\":%.3f,\"index_s\":%.3f,\"asked\":%zu,\"answered\":%zu,"
           "\"median_ms\":%.2f,\"max_ms\":%.2f,\"median_read\":%llu,\"max_read\":%llu,"
           "\"out_bytes\":%zu}\n",
           (unsigned long long)r.packets, (unsigned long long)r.bytes,
           (unsigned long long)r.index_bytes, r.bare_s, r.index_s, r.asked, r.answered,
           r.wall[r.asked / 2] * 1e3, r.wall[r.asked - 1] * 1e3,
           (unsigned long long)r.read[r.asked / 2],
           (unsigned long long)r.read[r.asked - 1], r.out_bytes / r.asked);
    free(r.wall);
    free(r.read);
    return 0;
}

static uint64_t sum_of(uint64_t sum, const struct yg_frame *f)
{
    uint64_t bytes = yg_hash_str(f->linktype, f->bytes);

    return yg_hash_pair(yg_hash_pair(sum, (uint64_t)f->time_ns + 1), bytes);
}

/* Frames of a file by libpcap and by the spool's reader, as sums. Our reader goes on
 * where libpcap stops for want of understanding; a difference there is told, too. */
static bool compare(const char *path)
{
    struct yg_err err = { 0 };
    struct yg_frame f;
    struct yg_capfile *c = NULL;
    struct stat sb;
    uint64_t a = 1, b = 1, frames = 0, ours = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &sb) != 0)
        die(path);
    enum yg_status st = yg_capfile_open(fd, &c, &err);
    if (st == YG_OK) {
        for (; (st = yg_capfile_next(c, &f, &err)) == YG_OK; frames++)
            a = sum_of(a, &f);
        yg_capfile_free(c);
    }
    int own = open(path, O_RDONLY | O_CLOEXEC);
    struct yg_walk *w = yg_walk_new(own, 0, (uint64_t)sb.st_size, NULL, 0);
    if (!w)
        die(path);
    enum yg_walk_step step;
    for (; (step = yg_walk_next(w, &f)) == YG_WALK_FRAME; ours++)
        b = sum_of(b, &f);
    yg_walk_free(w);
    close(own);
    if (a != b || frames != ours)
        printf("%s: libpcap %llu frames, then %s; the spool %llu, then %d\n", path,
               (unsigned long long)frames, st == YG_EEND ? "the end" : err.msg,
               (unsigned long long)ours, (int)step);
    return a == b;
}

int main(int argc, char **argv)
{
    uint64_t n;

    if (argc > 2 && strcmp(argv[1], "compare") == 0) {
        int differ = 0;
        for (int i = 2; i < argc; i++)
            differ += !compare(argv[i]);
        printf("{\"files\":%d,\"differ\":%d}\n", argc - 2, differ);
        return differ > 0;
    }
    if (argc == 4 && yg_str_u64(yg_str_of(argv[3]), &n) && n > 0) {
        if (strcmp(argv[1], "make") == 0)
            return make(argv[2], n << 20);
        if (strcmp(argv[1], "run") == 0)
            return run(argv[2], n);
    }
    fprintf(stderr,
            "usage: bench_spool make DIR MB | run DIR QUESTIONS | compare FILE...\n");
    return 2;
}
