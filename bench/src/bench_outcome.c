/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_outcome - judge every conversation of captures: one JSON line each that tries
 * something (or, with --all, each).
 *
 *      bench_outcome [--all] FILE...
 *
 * bench/log4shell and bench/web-attacks compare the lines with what is known.
 */
#include "base/clock.h"
#include "base/jsonw.h"
#include "packet/app.h"
#include "packet/capfile.h"
#include "packet/outcome.h"
#include "packet/track.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARENA_MAX ((size_t)1 << 30)
#define LINE_MAX  ((size_t)1 << 20)

static void put_intents(struct yg_jsonw *w, const struct yg_outcome *o)
{
    yg_jsonw_key(w, "intents");
    yg_jsonw_open(w, '[');
    for (unsigned i = 0; i < o->intents; i++) {
        yg_jsonw_open(w, '{');
        yg_jsonw_kcstr(w, "kind", yg_intent_name(o->intent[i].kind));
        yg_jsonw_kstr(w, "object", o->intent[i].object);
        yg_jsonw_kstr(w, "host", o->intent[i].host);
        yg_jsonw_ku64(w, "layers", o->intent[i].layers);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
}

static void put_marks(struct yg_jsonw *w, const struct yg_outcome *o)
{
    yg_jsonw_key(w, "marks");
    yg_jsonw_open(w, '[');
    for (unsigned i = 0; i < o->marks; i++) {
        yg_jsonw_open(w, '{');
        yg_jsonw_kcstr(w, "kind", yg_mark_info[o->mark[i].kind].name);
        yg_jsonw_kstr(w, "shows", o->mark[i].shows);
        yg_jsonw_close(w, '}');
    }
    yg_jsonw_close(w, ']');
}

static void put_line(const char *file, const struct yg_talk *t,
                     const struct yg_outcome *o)
{
    char ip[YG_IP_TEXT_MAX];
    struct yg_buf b;
    struct yg_jsonw w = yg_jsonw_of(&b);

    yg_buf_init(&b, LINE_MAX);
    yg_jsonw_open(&w, '{');
    yg_jsonw_kcstr(&w, "file", file);
    yg_jsonw_kcstr(&w, "client", yg_ip_text(t->client, ip));
    yg_jsonw_ku64(&w, "client_port", t->client_port);
    yg_jsonw_kcstr(&w, "server", yg_ip_text(t->server, ip));
    yg_jsonw_ku64(&w, "server_port", t->server_port);
    yg_jsonw_kcstr(&w, "app", yg_app_name(t->app));
    yg_jsonw_ki64(&w, "first_ns", t->first_ns);
    yg_jsonw_ku64(&w, "exchanges", t->exchanges);
    yg_jsonw_kcstr(&w, "class", yg_outcome_name(o->class));
    yg_jsonw_kcstr(&w, "success", yg_success_name(o->success));
    put_intents(&w, o);
    put_marks(&w, o);
    yg_jsonw_close(&w, '}');
    puts(yg_buf_cstr(&b));
    yg_buf_fini(&b);
}

static bool read_capture(const char *file, struct yg_track *track)
{
    struct yg_capfile *f = NULL;
    struct yg_frame frame;
    struct yg_err err;
    int fd = open(file, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || yg_capfile_open(fd, &f, &err) != YG_OK) {
        (void)fprintf(stderr, "bench_outcome: %s: cannot be read\n", file);
        return false;
    }
    while (yg_capfile_next(f, &frame, &err) == YG_OK)
        yg_track_frame(track, frame.linktype, frame.time_ns, frame.bytes, frame.wire);
    yg_capfile_free(f);
    return true;
}

static bool judge_file(const char *file, bool all)
{
    struct yg_track_limits limits = { .talks = 65536,
                                      .memory = (size_t)1 << 30,
                                      .idle_ns = INT64_MAX };
    struct yg_track *track = NULL;
    struct yg_arena arena, scratch;
    struct yg_outcome o;
    uint32_t talks = 0;

    if (yg_track_new(&limits, &track) != YG_OK)
        return false;
    yg_arena_init(&arena, ARENA_MAX);
    yg_arena_init(&scratch, ARENA_MAX);
    bool read = read_capture(file, track);
    struct yg_talk **talk = yg_track_all(track, &talks);
    for (uint32_t i = 0; i < talks; i++)
        yg_app_parse(talk[i], &arena);
    for (uint32_t i = 0; i < talks; i++) {
        yg_arena_clear(&scratch);
        yg_outcome_of(
            &(struct yg_outcome_ask){ .talk = talk, .talks = talks, .main = (int)i },
            &scratch, &o);
        if (all || o.intents > 0)
            put_line(file, talk[i], &o);
    }
    yg_arena_fini(&scratch);
    yg_arena_fini(&arena);
    yg_track_free(track);
    return read;
}

int main(int argc, char **argv)
{
    bool all = argc > 1 && strcmp(argv[1], "--all") == 0;
    bool ok = argc > 1 + all;

    for (int i = 1 + all; i < argc; i++)
        ok &= judge_file(argv[i], all);
    return ok ? 0 : 1;
}
