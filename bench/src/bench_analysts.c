/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_analysts - analysts at work: what a list, an alert, a verdict and the stream take
 * them.
 *
 *   bench_analysts URL CA TOKENS ANALYSTS SECONDS ACKED [--think MS] [--seed S]
 *
 * Each analyst has a token (a line of the file TOKENS, again from the first when there
 * are less), a connection of his own kept alive, and a stream. He lists the queue, then
 * opens five runs of it one after the other: the run's worst alert in all detail, thinks,
 * and gives his verdict three times of five; then he lists again. Pages differ, and what
 * one has taken no other takes. Between two acts he thinks THINK ms (1000 unless told),
 * half as long to half longer again. A connection that is lost, or 503, is tried again
 * with the same Idempotency-Key for as long as it takes; that time counts.
 *
 * `verdict` is until the answer; `stream` from there until the event that has it reaches
 * the same analyst. ACKED gets a line "RUN LEVEL" for each verdict that was answered 200.
 * Prints one JSON object: times in milliseconds. Addresses 127.0.0.2 and so on are the
 * analysts' own. One thread.
 */
#include "base/clock.h"
#include "base/hash.h"
#include "base/jsonw.h"
#include "base/rng.h"
#include "times.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANALYSTS 500
#define RUNS     50 /* of a page */
#define HEX      33
#define OPENED   5 /* runs of one list */
#define TAKEN    ((size_t)1 << 20)
#define ANSWER   ((size_t)4 << 20)
#define AGAIN_S  0.2

enum op { LIST, OPEN, VERDICT, STREAM, OPS };
static const char *const op_name[OPS] = { "list", "open", "verdict", "stream" };

struct run {
    char id[HEX], worst[HEX];
};

struct analyst {
    struct load *load;
    size_t index;
    CURL *act, *stream;
    struct curl_slist *headers, *verdict_headers;
    enum op op;
    bool busy;
    double begun, next; /* when the act began; when the next one is due */
    struct yg_buf answer;
    struct run run[RUNS];
    size_t runs, at, opened;
    char body[64], key[64];
    const char *level;
    /* the stream */
    char line[512];
    size_t line_n;
    uint64_t base; /* judged before this run's first verdict */
    bool based;
    double reopen; /* 0: the stream is open */
    size_t told;   /* verdicts that the stream has told */
};

struct load {
    CURLM *multi;
    const char *url, *ca;
    struct yg_rng rng;
    double think, end;
    struct times times[OPS];
    struct times acked; /* when each was answered */
    char (*taken)[HEX];
    uint64_t again, keys, refused;
    FILE *list;
    struct analyst analyst[ANALYSTS];
    size_t analysts;
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench_analysts: %s\n", what);
    exit(1);
}

/* ---- what is taken ---------------------------------------------------------------- */

/* False: somebody has it. */
static bool take(struct load *l, const char *id)
{
    size_t at = yg_hash_str('t', yg_str_of(id)) % TAKEN;

    for (; l->taken[at][0]; at = (at + 1) % TAKEN)
        if (strcmp(l->taken[at], id) == 0)
            return false;
    memcpy(l->taken[at], id, HEX);
    return true;
}

static bool hex_after(const char **p, const char *key, char out[HEX])
{
    const char *at = strstr(*p, key);

    if (!at || strlen(at) < strlen(key) + HEX)
        return false;
    memcpy(out, at + strlen(key), HEX - 1);
    out[HEX - 1] = '\0';
    *p = at + strlen(key);
    return true;
}

/* ---- acts ------------------------------------------------------------------------- */

static size_t keep(char *p, size_t size, size_t n, void *arg)
{
    struct analyst *a = arg;

    yg_buf_add(&a->answer, p, size * n);
    return size * n;
}

static void begin(struct analyst *a, enum op op, const char *path, const char *body)
{
    char url[512];

    snprintf(url, sizeof(url), "%s%s", a->load->url, path);
    yg_buf_clear(&a->answer);
    a->op = op;
    curl_easy_setopt(a->act, CURLOPT_URL, url);
    curl_easy_setopt(a->act, CURLOPT_HTTPHEADER, body ? a->verdict_headers : a->headers);
    if (body)
        curl_easy_setopt(a->act, CURLOPT_COPYPOSTFIELDS, body);
    else
        curl_easy_setopt(a->act, CURLOPT_HTTPGET, 1L);
    curl_multi_add_handle(a->load->multi, a->act);
    a->busy = true;
}

static void list(struct analyst *a)
{
    char path[96];

    snprintf(path, sizeof(path), "/api/v1/queue?limit=%d&page=%zu", RUNS,
             1 + (size_t)yg_rng_below(&a->load->rng, 20));
    a->begun = yg_clock_wall();
    begin(a, LIST, path, NULL);
}

static void open_one(struct analyst *a)
{
    char path[96];

    while (a->at < a->runs && !take(a->load, a->run[a->at].id))
        a->at++;
    if (a->at == a->runs || a->opened == OPENED) {
        list(a);
        return;
    }
    a->opened++;
    snprintf(path, sizeof(path), "/api/v1/alerts/%s", a->run[a->at].worst);
    a->begun = yg_clock_wall();
    begin(a, OPEN, path, NULL);
}

static void judge(struct analyst *a)
{
    static const char *const level[] = { "FP", "FP", "FP", "L1", "L2" };
    char path[96], key[96];

    a->level = level[yg_rng_below(&a->load->rng, YG_ARRAY_LEN(level))];
    snprintf(key, sizeof(key), "Idempotency-Key: bench-%llu-%016llx",
             (unsigned long long)++a->load->keys,
             (unsigned long long)yg_rng_u64(&a->load->rng));
    curl_slist_free_all(a->verdict_headers);
    a->verdict_headers = curl_slist_append(NULL, a->headers->data);
    a->verdict_headers =
        curl_slist_append(a->verdict_headers, "Content-Type: application/json");
    a->verdict_headers = curl_slist_append(a->verdict_headers, key);
    snprintf(a->body, sizeof(a->body), "{\"level\":\"%s\",\"reason\":\"bench\"}",
             a->level);
    snprintf(path, sizeof(path), "/api/v1/runs/%s/verdict", a->run[a->at].id);
    a->begun = yg_clock_wall();
    begin(a, VERDICT, path, a->body);
}

/* What comes after what was just done. */
static void next(struct analyst *a)
{
    if (a->op == OPEN && yg_rng_below(&a->load->rng, OPENED) < 3) {
        judge(a);
        return;
    }
    if (a->op != LIST)
        a->at++;
    open_one(a);
}

static void read_list(struct analyst *a)
{
    const char *p = yg_buf_cstr(&a->answer);

    a->runs = a->at = a->opened = 0;
    while (a->runs < RUNS && hex_after(&p, "\"id\":\"", a->run[a->runs].id) &&
           hex_after(&p, "\"worst\":\"", a->run[a->runs].worst))
        a->runs++;
    /* Everybody begins elsewhere on the page. */
    a->at = a->runs > 0 ? yg_rng_below(&a->load->rng, a->runs) : 0;
}

static void ended(struct analyst *a, CURLcode rc)
{
    struct load *l = a->load;
    double now = yg_clock_wall();
    long status = 0;

    curl_easy_getinfo(a->act, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(l->multi, a->act);
    if (rc != CURLE_OK || status == 503 || status == 429) {
        l->again++;
        a->next = now + AGAIN_S; /* busy still: the same again */
        return;
    }
    a->busy = false;
    times_add(&l->times[a->op], 1e3 * (now - a->begun));
    l->times[a->op].bytes += yg_buf_str(&a->answer).n;
    a->next = now + l->think * (0.5 + yg_rng_unit(&l->rng));
    if (status != 200) {
        if (l->times[a->op].errors++ < 3)
            fprintf(stderr, "%s: %ld %.300s\n", op_name[a->op], status,
                    yg_buf_cstr(&a->answer));
        return;
    }
    if (a->op == LIST)
        read_list(a);
    if (a->op != VERDICT)
        return;
    fprintf(l->list, "%s %s\n", a->run[a->at].id, a->level);
    fflush(l->list);
    times_add(&l->acked, now);
}

/* ---- streams ---------------------------------------------------------------------- */

static void event(struct analyst *a)
{
    struct load *l = a->load;
    double now = yg_clock_wall();
    const char *at = strstr(a->line, "\"judged\":");

    if (strncmp(a->line, "data:", 5) != 0 || !at)
        return;
    uint64_t judged = 0;
    at += strlen("\"judged\":");
    (void)yg_str_u64((struct yg_str){ at, strspn(at, "0123456789") }, &judged);
    if (!a->based) {
        a->base = judged;
        a->told = l->acked.n;
        a->base -= a->told < judged ? a->told : judged;
        a->based = true;
    }
    for (; a->told < l->acked.n && a->base + a->told < judged; a->told++)
        if (a->told % l->analysts == a->index) /* one of them tells of each */
            times_add(&l->times[STREAM], 1e3 * (now - l->acked.v[a->told]));
}

static size_t hear(char *p, size_t size, size_t n, void *arg)
{
    struct analyst *a = arg;

    for (size_t i = 0; i < size * n; i++) {
        if (p[i] != '\n') {
            if (a->line_n + 1 < sizeof(a->line))
                a->line[a->line_n++] = p[i];
            continue;
        }
        a->line[a->line_n] = '\0';
        event(a);
        a->line_n = 0;
    }
    return size * n;
}

/* ----------------------------------------------------------------------------------- */

static CURL *client(struct analyst *a, curl_write_callback take_in)
{
    CURL *c = curl_easy_init();
    char from[32];

    if (!c)
        die("no client");
    snprintf(from, sizeof(from), "127.0.0.%zu", 2 + a->index % 200);
    curl_easy_setopt(c, CURLOPT_INTERFACE, from);
    curl_easy_setopt(c, CURLOPT_CAINFO, a->load->ca);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, a->headers);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_in);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, a);
    curl_easy_setopt(c, CURLOPT_PRIVATE, a);
    curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    return c;
}

static void open_stream(struct analyst *a)
{
    char url[512];

    snprintf(url, sizeof(url), "%s/api/v1/stream", a->load->url);
    curl_easy_setopt(a->stream, CURLOPT_URL, url);
    a->line_n = 0;
    curl_multi_add_handle(a->load->multi, a->stream);
}

static void make_analysts(struct load *l, const char *tokens)
{
    char line[256], header[300];
    FILE *f = fopen(tokens, "r");

    if (!f)
        die(tokens);
    for (size_t i = 0; i < l->analysts; i++) {
        struct analyst *a = &l->analyst[i];
        if (!fgets(line, sizeof(line), f)) {
            rewind(f);
            if (!fgets(line, sizeof(line), f))
                die("no tokens");
        }
        line[strcspn(line, "\r\n")] = '\0';
        snprintf(header, sizeof(header), "Authorization: Bearer %s", line);
        a->load = l;
        a->index = i;
        a->op = VERDICT;
        a->headers = curl_slist_append(NULL, header);
        yg_buf_init(&a->answer, ANSWER);
        a->act = client(a, keep);
        a->stream = client(a, hear);
        a->next = yg_clock_wall() + l->think * yg_rng_unit(&l->rng);
        open_stream(a);
    }
    fclose(f);
}

static void finished(struct load *l, CURLMsg *m)
{
    struct analyst *a = NULL;
    CURLcode rc = m->data.result;
    CURL *c = m->easy_handle;

    curl_easy_getinfo(c, CURLINFO_PRIVATE, &a);
    if (c == a->act) {
        ended(a, rc);
        return;
    }
    curl_multi_remove_handle(l->multi, c);
    a->based = false; /* it was shut, or the server died: once more, a second later */
    l->refused++;
    a->reopen = yg_clock_wall() + 1;
}

/* What is due of this analyst's. */
static void go_on(struct analyst *a, double now)
{
    bool open = now < a->load->end;

    if (a->busy && a->next > 0 && now >= a->next) {
        a->next = 0;
        curl_multi_add_handle(a->load->multi, a->act);
    } else if (!a->busy && now >= a->next && open) {
        a->next = 0;
        if (a->opened == 0 && a->runs == 0)
            list(a);
        else
            next(a);
    }
    if (a->reopen > 0 && now >= a->reopen && open) {
        a->reopen = 0;
        open_stream(a);
    }
}

static void work(struct load *l)
{
    size_t busy = 0;
    int running, left;
    CURLMsg *m;

    do {
        busy = 0;
        for (size_t i = 0; i < l->analysts; i++) {
            go_on(&l->analyst[i], yg_clock_wall());
            busy += l->analyst[i].busy;
        }
        curl_multi_perform(l->multi, &running);
        while ((m = curl_multi_info_read(l->multi, &left)))
            if (m->msg == CURLMSG_DONE)
                finished(l, m);
        curl_multi_poll(l->multi, NULL, 0, 2, NULL);
    } while (yg_clock_wall() < l->end || (busy > 0 && yg_clock_wall() < l->end + 30));
    if (busy > 0)
        fprintf(stderr, "bench_analysts: %zu acts never ended\n", busy);
}

static void report(struct load *l)
{
    struct yg_buf out;
    struct yg_jsonw w = yg_jsonw_of(&out);

    yg_buf_init(&out, 4096);
    yg_jsonw_open(&w, '{');
    yg_jsonw_key(&w, "operations");
    yg_jsonw_open(&w, '{');
    for (int op = 0; op < OPS; op++) {
        yg_jsonw_key(&w, op_name[op]);
        times_json(&l->times[op], &w);
    }
    yg_jsonw_close(&w, '}');
    yg_jsonw_ku64(&w, "verdicts", l->acked.n);
    yg_jsonw_ku64(&w, "again", l->again);
    yg_jsonw_ku64(&w, "streams_again", l->refused);
    yg_jsonw_kf64(&w, "client_cpu_s", yg_clock_cpu());
    yg_jsonw_close(&w, '}');
    puts(yg_buf_cstr(&out));
    yg_buf_fini(&out);
}

int main(int argc, char **argv)
{
    static struct load l = { .think = 1 };
    uint64_t analysts, seconds, seed = 1, think = 1000;

    if (argc < 7 || !yg_str_u64(yg_str_of(argv[4]), &analysts) || analysts == 0 ||
        analysts > ANALYSTS || !yg_str_u64(yg_str_of(argv[5]), &seconds))
        die("usage: URL CA TOKENS ANALYSTS SECONDS ACKED [--think MS] [--seed S]");
    for (int i = 7; i + 1 < argc; i += 2)
        if (!(strcmp(argv[i], "--think") == 0 &&
              yg_str_u64(yg_str_of(argv[i + 1]), &think)) &&
            !(strcmp(argv[i], "--seed") == 0 &&
              yg_str_u64(yg_str_of(argv[i + 1]), &seed)))
            die("--think MS, --seed S");
    l.think = (double)think / 1e3;
    l.url = argv[1];
    l.ca = argv[2];
    l.analysts = (size_t)analysts;
    l.taken = calloc(TAKEN, sizeof(*l.taken));
    l.list = fopen(argv[6], "a");
    if (!l.taken || !l.list || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        die("cannot begin");
    l.multi = curl_multi_init();
    yg_rng_init(&l.rng, seed);
    make_analysts(&l, argv[3]);
    l.end = yg_clock_wall() + (double)seconds;
    work(&l);
    report(&l);
    return fclose(l.list) != 0;
}
