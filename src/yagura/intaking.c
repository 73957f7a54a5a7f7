/* SPDX-License-Identifier: Apache-2.0 */
/* The intake process of `serve`: everything that listens or pulls, and the journal. */
#include "base/log.h"
#include "intake/intake.h"
#include "intake/sock.h"
#include "pipeline/live.h"
#include "yagura/keeper.h"
#include "yagura/serving.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define BUSY_TRIES   100 /* the journal of a process that is just ending */
#define BUSY_WAIT_US 100000

#define LARGE       (256 * 1024)
#define DESCRIPTORS 512  /* beside those of inputs: listeners, journal, libraries */
#define FILES       1024 /* that an input of type file has open at most */

/* How far the store has come; read before the walls are entered. */
static enum yg_status find_place(struct yg_app *a, struct yg_journal_place *out,
                                 struct yg_err *err)
{
    enum yg_status st = yg_app_store(a, false, true, err);

    if (st == YG_OK)
        st = yg_live_place(a->store, out, err);
    yg_store_close(a->store);
    a->store = NULL;
    return st;
}

static void print_input(const struct yg_intake *in, const struct yg_input_conf *c,
                        uint32_t i)
{
    uint16_t port = yg_intake_port(in, i), given;
    struct yg_str host = c->listen;

    printf("yagura: %.*s of %.*s: %.*s", YG_STR_ARG(c->source), YG_STR_ARG(c->tenant),
           YG_STR_ARG(c->type));
    if (port > 0 && yg_address_split(c->listen, &host, &given))
        printf(" at %s%.*s%s:%u (%.*s)", memchr(host.p, ':', host.n) ? "[" : "",
               YG_STR_ARG(host), memchr(host.p, ':', host.n) ? "]" : "", port,
               YG_STR_ARG(c->transport));
    else if (c->path.n > 0 && !yg_str_eq(c->path, YG_STR("none")))
        printf(" at %.*s", YG_STR_ARG(c->path));
    putchar('\n');
}

/* Every connection that the inputs allow, every file that is followed. */
static void raise_descriptors(const struct yg_inputs *in)
{
    uint64_t wanted = DESCRIPTORS;

    for (uint32_t i = 0; i < in->count; i++) {
        const struct yg_input_conf *c = &in->input[i];
        wanted += yg_str_eq(c->type, YG_STR("file")) ? FILES : c->max_connections;
    }
    uint64_t got = yg_sock_descriptors(wanted);
    if (got < wanted)
        yg_log(YG_LOG_WARN,
               "%llu connections and files are allowed to the inputs, but %llu "
               "descriptors to this process; raise LimitNOFILE, or lower max_connections",
               (unsigned long long)wanted, (unsigned long long)got);
}

static void *wait_for_end(void *arg)
{
    sigset_t set;
    int got;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    while (sigwait(&set, &got) != 0)
        ;
    yg_intake_end(arg);
    return NULL;
}

static enum yg_status run(struct yg_intake *in, struct yg_err *err)
{
    pthread_t waiter;

    if (pthread_create(&waiter, NULL, wait_for_end, in) != 0)
        return yg_err_set(err, YG_ENOMEM, "cannot start a thread");
    enum yg_status st = yg_intake_run(in, err);
    if (st != YG_OK) /* nobody asked: end the thread that waits to be asked */
        (void)kill(getpid(), SIGTERM);
    (void)pthread_join(waiter, NULL);
    return st;
}

int yg_intake_main(void *arg, int ready)
{
    const struct yg_part *part = arg;
    struct yg_setting *s = part->setting;
    struct yg_intake_options opt = { .inputs = &s->inputs,
                                     .dir = s->journal,
                                     .cap = s->app.config.journal_cap,
                                     .sandbox = true,
                                     .clock = &s->app.clock };
    struct yg_intake *in = NULL;
    struct yg_err err = { 0 };
    enum yg_status st = find_place(&s->app, &opt.consumed, &err);

    /* What a body or a long line took goes back to the system when it is done with. */
    (void)mallopt(M_MMAP_THRESHOLD, LARGE);
    if (st == YG_OK) {
        raise_descriptors(&s->inputs);
        st = yg_intake_start(&opt, &in, &err);
    }
    for (int i = 0; st == YG_EBUSY && i < BUSY_TRIES; i++) {
        usleep(BUSY_WAIT_US);
        st = yg_intake_start(&opt, &in, &err);
    }
    if (st == YG_OK) {
        for (uint32_t i = 0; i < s->inputs.count; i++)
            print_input(in, &s->inputs.input[i], i);
        fflush(stdout);
        yg_child_ready(ready);
        st = run(in, &err);
        yg_intake_free(in);
    }
    return st == YG_OK ? YG_EXIT_OK : yg_cli_fail(&err);
}
