/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JA3 and server names against another sensor: every TLS record of the EVE cases with its
 * capture. Of one 5-tuple that was used again any of its hellos may be meant.
 */
#include "packet/app.h"
#include "packet/capfile.h"
#include "packet/community.h"
#include "packet/track.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#define WANTED_MAX 256
#define LINE_ROOM  (1 << 20)

struct wanted {
    uint64_t flow;
    char ja3[33], sni[256];
    bool seen, ja3_equal, sni_equal;
};

struct counts {
    unsigned records, unseen, ja3, ja3_equal, sni, sni_equal, captures;
};

/* The text behind `key` up to the next quote or comma; "" when it is not there. */
static struct yg_str after(const char *line, const char *key)
{
    const char *at = strstr(line, key);

    if (!at)
        return YG_STR("");
    at += strlen(key);
    return (struct yg_str){ at, strcspn(at, "\",}") };
}

static uint64_t number(struct yg_str s)
{
    uint64_t v = 0;

    return yg_str_u64(s, &v) ? v : 0;
}

static void copy(char *to, size_t size, struct yg_str s)
{
    snprintf(to, size, "%.*s", YG_STR_ARG(s));
}

static bool wanted_of(const char *line, struct wanted *w)
{
    struct yg_tuple t = { .proto = YG_IP_TCP };

    if (!strstr(line, "\"event_type\":\"tls\""))
        return false;
    t.src_port = (uint16_t)number(after(line, "\"src_port\":"));
    t.dst_port = (uint16_t)number(after(line, "\"dest_port\":"));
    if (!yg_ip_parse(after(line, "\"src_ip\":\""), t.src) ||
        !yg_ip_parse(after(line, "\"dest_ip\":\""), t.dst))
        return false;
    *w = (struct wanted){ .flow = yg_tuple_hash(&t) };
    copy(w->ja3, sizeof(w->ja3), after(line, "\"ja3\":{\"hash\":\""));
    copy(w->sni, sizeof(w->sni), after(line, "\"sni\":\""));
    return true;
}

static size_t read_wanted(const char *path, struct wanted *w)
{
    gzFile f = gzopen(path, "rb");
    char *line = malloc(LINE_ROOM);
    size_t n = 0;

    assert_non_null(f);
    assert_non_null(line);
    while (n < WANTED_MAX && gzgets(f, line, LINE_ROOM))
        n += wanted_of(line, &w[n]);
    free(line);
    gzclose(f);
    return n;
}

static int unpacked(const char *path)
{
    gzFile f = gzopen(path, "rb");
    int fd = memfd_create("capture", 0), n;
    char piece[65536];

    if (!f || fd < 0)
        return -1;
    while ((n = gzread(f, piece, sizeof(piece))) > 0)
        assert_int_equal(write(fd, piece, (size_t)n), n);
    gzclose(f);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void compare(const struct yg_talk *t, struct wanted *w, size_t n)
{
    struct yg_tuple ends = { .src_port = t->client_port,
                             .dst_port = t->server_port,
                             .proto = t->proto };

    memcpy(ends.src, t->client, sizeof(ends.src));
    memcpy(ends.dst, t->server, sizeof(ends.dst));
    uint64_t flow = yg_tuple_hash(&ends);
    for (size_t i = 0; i < n; i++) {
        if (w[i].flow != flow)
            continue;
        w[i].seen = true;
        w[i].ja3_equal |= strcmp(w[i].ja3, t->hello->ja3) == 0;
        w[i].sni_equal |= yg_str_eq(t->hello->sni, yg_str_of(w[i].sni));
    }
}

static void read_capture(const char *path, struct wanted *w, size_t n)
{
    struct yg_track_limits limits = { .memory = (size_t)512 << 20, .talks = 100000 };
    struct yg_capfile *file;
    struct yg_track *track;
    struct yg_frame frame;
    struct yg_arena arena;
    struct yg_talk *t;
    struct yg_err err;

    assert_int_equal(yg_capfile_open(unpacked(path), &file, &err), YG_OK);
    assert_int_equal(yg_track_new(&limits, &track), YG_OK);
    while (yg_capfile_next(file, &frame, &err) == YG_OK)
        yg_track_frame(track, frame.linktype, frame.time_ns, frame.bytes, frame.wire);
    yg_arena_init(&arena, (size_t)256 << 20);
    while ((t = yg_track_next(track, true))) {
        yg_app_parse(t, &arena);
        if (t->hello)
            compare(t, w, n);
        yg_arena_clear(&arena);
    }
    yg_arena_fini(&arena);
    yg_track_free(track);
    yg_capfile_free(file);
}

static void count(const struct wanted *w, struct counts *c)
{
    c->records++;
    if (!w->seen) {
        c->unseen++;
        return;
    }
    c->ja3 += w->ja3[0] != '\0';
    c->ja3_equal += w->ja3[0] != '\0' && w->ja3_equal;
    c->sni += w->sni[0] != '\0';
    c->sni_equal += w->sni[0] != '\0' && w->sni_equal;
}

static void one_case(const char *folder, const char *name, struct counts *c)
{
    static const char ending[] = ".json.gz";
    struct wanted *w = calloc(WANTED_MAX, sizeof(*w));
    char path[4096];
    size_t len = strlen(name);

    assert_non_null(w);
    if (len <= sizeof(ending) - 1 || strcmp(name + len - 8, ending) != 0)
        goto out;
    snprintf(path, sizeof(path), "%s/eve/%s", folder, name);
    size_t n = read_wanted(path, w);
    snprintf(path, sizeof(path), "%s/pcap/%.*s.pcap.gz", folder, (int)(len - 8), name);
    if (n == 0 || access(path, R_OK) != 0)
        goto out;
    c->captures++;
    read_capture(path, w, n);
    for (size_t i = 0; i < n; i++)
        count(&w[i], c);
out:
    free(w);
}

static void as_the_sensor_says(void **state)
{
    const char *data = getenv("YAGURA_DATA");
    struct counts c = { .records = 0 };
    char folder[2048];

    (void)state;
    snprintf(folder, sizeof(folder), "%s/eve-cases", data ? data : "../shared/data");
    snprintf(folder + strlen(folder), 8, "/eve");
    DIR *d = opendir(folder);
    if (!d) {
        print_message("# skipped: no EVE cases (YAGURA_DATA, ../shared/data)\n");
        skip();
    }
    folder[strlen(folder) - 4] = '\0';
    for (struct dirent *e; (e = readdir(d));)
        one_case(folder, e->d_name, &c);
    closedir(d);
    print_message("# %u TLS records of %u captures, %u without a hello here\n", c.records,
                  c.captures, c.unseen);
    print_message("# JA3 equal %u of %u, names equal %u of %u\n", c.ja3_equal, c.ja3,
                  c.sni_equal, c.sni);
    assert_true(c.records > 0);
    assert_int_equal(c.ja3_equal, c.ja3);
    assert_int_equal(c.sni_equal, c.sni);
    assert_true(c.unseen * 50 <= c.records); /* captures that were cut */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_sensor_says),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
