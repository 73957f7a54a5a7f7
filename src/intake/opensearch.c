/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/opensearch.h"

#include "base/disk.h"
#include "base/log.h"
#include "intake/gather.h"
#include "intake/opensearch_page.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BACKOFF_MOST_S 300
#define LOOK_NS        ((int64_t)50 * 1000 * 1000) /* between looks at `stop` */
#define TIMEOUT_S      60L
#define URL_SIZE       2048

struct pull {
    struct yg_intake *in;
    uint32_t source;
    const struct yg_input_conf *conf;
    struct yg_gather gather;
    struct yg_json_pull *json;
    struct yg_buf answer, query, name, next; /* next: sort values of the page's last */
    struct yg_buf cursor;                    /* sort values; what is read lies before */
    struct yg_map known;                     /* ids of the last minutes */
    unsigned size;                           /* documents a page */
    bool told;
    char url[URL_SIZE], file[URL_SIZE], user[256];
    CURL *curl;
    struct curl_slist *headers;
    pthread_t thread;
    bool running;
    atomic_bool stop;
};

/* ---- the cursor ----------------------------------------------------------------------
 */

static void read_cursor(struct pull *p)
{
    char text[YG_OPENSEARCH_SORT + 1];
    int fd = open(p->file, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof(text)) : -1;

    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return;
    struct yg_str sort = yg_str_trim((struct yg_str){ text, (size_t)n });
    if (yg_opensearch_sort_ok(p->json, sort))
        yg_buf_str_add(&p->cursor, sort);
    else
        yg_log(YG_LOG_WARN, "%s: not a cursor; everything is read again", p->file);
}

/* Losing it costs reading again, nothing else: an error is not one for the records. */
static void write_cursor(const struct pull *p)
{
    if (!yg_disk_replace(p->file, yg_buf_str(&p->cursor), 0640))
        yg_log(YG_LOG_DEBUG, "%s: not written", p->file);
}

/* ---- a request ------------------------------------------------------------------------
 */

static size_t keep(char *p, size_t size, size_t n, void *arg)
{
    struct yg_buf *b = arg;

    yg_buf_add(b, p, size * n);
    return yg_buf_status(b) == YG_OK ? size * n : 0;
}

static int watch(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct pull *p = arg;

    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return atomic_load(&p->stop);
}

static void set_options(struct pull *p)
{
    CURL *c = p->curl;
    bool plain = yg_str_starts(yg_str_of(p->url), YG_STR("http:"));

    curl_easy_setopt(c, CURLOPT_URL, p->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 10L);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, TIMEOUT_S);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, p->headers);
    curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &p->answer);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, watch);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, p);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    if (p->conf->ca.n)
        curl_easy_setopt(c, CURLOPT_CAINFO, p->conf->ca.p);
    if (p->conf->user.n) {
        snprintf(p->user, sizeof(p->user), "%.*s", YG_STR_ARG(p->conf->user));
        curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(c, CURLOPT_USERNAME, p->user);
        curl_easy_setopt(c, CURLOPT_PASSWORD,
                         p->conf->password.n ? p->conf->password.p : "");
    }
}

/* YG_ELIMIT: the answer is too long; YG_EIO: no answer, or not 200. */
static enum yg_status fetch(struct pull *p, struct yg_str sort, struct yg_err *err)
{
    char why[CURL_ERROR_SIZE] = "";
    long status = 0;

    yg_buf_clear(&p->query);
    yg_buf_clear(&p->answer);
    yg_opensearch_query(&p->query, p->conf->time_field, sort, p->size);
    curl_easy_setopt(p->curl, CURLOPT_POSTFIELDS, yg_buf_cstr(&p->query));
    curl_easy_setopt(p->curl, CURLOPT_ERRORBUFFER, why);
    CURLcode c = curl_easy_perform(p->curl);
    curl_easy_setopt(p->curl, CURLOPT_ERRORBUFFER, NULL);
    if (yg_buf_status(&p->answer) != YG_OK)
        return yg_err_set(err, YG_ELIMIT, "a page is longer than %zu bytes",
                          YG_OPENSEARCH_ANSWER);
    if (c != CURLE_OK)
        return yg_err_set(err, YG_EIO, "%s", why[0] ? why : curl_easy_strerror(c));
    curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        return yg_err_set(err, YG_EIO, "answered %ld: %.200s", status,
                          yg_buf_cstr(&p->answer));
    return YG_OK;
}

/* ---- a page ---------------------------------------------------------------------------
 */

static bool is_new(struct pull *p, struct yg_str name)
{
    bool fresh = false;

    if (yg_map_count(&p->known) == YG_OPENSEARCH_KNOWN)
        yg_map_clear(&p->known);
    return !yg_map_put(&p->known, yg_hash_str(7, name), &fresh) || fresh;
}

static enum yg_status take_hit(struct pull *p, const struct yg_opensearch_hit *h)
{
    yg_buf_clear(&p->name);
    yg_buf_str_add(&p->name, YG_STR("opensearch "));
    yg_buf_lstr(&p->name, h->index);
    yg_buf_lstr(&p->name, h->id);
    if (yg_buf_status(&p->name) != YG_OK)
        return YG_ENOMEM;
    struct yg_str name = yg_buf_str(&p->name);
    return is_new(p, name) ? yg_gather_named(&p->gather, name, h->source) : YG_OK;
}

/* The whole page is read before any of it is taken. `*hits`: documents in it. */
static enum yg_status take_page(struct pull *p, unsigned *hits, struct yg_err *err)
{
    struct yg_opensearch_hit h;
    struct yg_str body = yg_buf_str(&p->answer);
    enum yg_status st = yg_opensearch_open(p->json, body);

    *hits = 0;
    yg_buf_clear(&p->next);
    while (st == YG_OK && (st = yg_opensearch_next(p->json, &h)) == YG_OK) {
        yg_buf_clear(&p->next);
        yg_buf_str_add(&p->next, h.sort);
        ++*hits;
    }
    if (st != YG_EEND)
        return yg_err_set(err, YG_EFORMAT, "the answer is no whole page of a search");
    yg_gather_begin(&p->gather, YG_STR("opensearch"), YG_STR(""));
    st = yg_opensearch_open(p->json, body);
    while (st == YG_OK && yg_opensearch_next(p->json, &h) == YG_OK)
        st = take_hit(p, &h);
    enum yg_status end = yg_gather_end(&p->gather);
    if (st != YG_OK || end != YG_OK) {
        yg_map_clear(&p->known); /* what was not taken must not be known */
        return yg_err_set(err, st != YG_OK ? st : end, "the journal takes nothing now");
    }
    return YG_OK;
}

static bool wait_durable(struct pull *p)
{
    while (p->gather.any &&
           yg_journal_wait(yg_intake_journal(p->in), p->gather.ticket, LOOK_NS) != YG_OK)
        if (atomic_load(&p->stop))
            return false;
    return true;
}

static void keep_text(struct yg_buf *to, const struct yg_buf *from)
{
    yg_buf_clear(to);
    yg_buf_str_add(to, yg_buf_str(from));
}

/* All pages from `back` before the cursor to the newest. `*fresh`: something was new. */
static enum yg_status catch_up(struct pull *p, bool *fresh, struct yg_err *err)
{
    struct yg_buf at;
    unsigned hits = 1;
    enum yg_status st = YG_OK;

    yg_buf_init(&at, 2 * YG_OPENSEARCH_SORT);
    if (!yg_opensearch_back(yg_buf_str(&p->cursor), &at))
        keep_text(&at, &p->cursor);
    while (st == YG_OK && hits > 0 && !atomic_load(&p->stop)) {
        st = fetch(p, yg_buf_str(&at), err);
        if (st == YG_ELIMIT && p->size > 1) {
            p->size = p->size / 2;
            st = YG_OK;
            continue;
        }
        if (st == YG_OK)
            st = take_page(p, &hits, err);
        if (st != YG_OK || hits == 0)
            break;
        if (!wait_durable(p))
            break;
        keep_text(&at, &p->next);
        if (p->gather.taken > 0) {
            *fresh = true;
            keep_text(&p->cursor, &p->next);
            write_cursor(p);
        }
        p->size = p->size * 2 < YG_OPENSEARCH_PAGE ? p->size * 2 : YG_OPENSEARCH_PAGE;
    }
    yg_buf_fini(&at);
    return st;
}

static void rest(const struct pull *p, uint64_t seconds)
{
    const struct timespec step = { .tv_nsec = LOOK_NS };
    double end = yg_clock_wall() + (double)seconds;

    while (!atomic_load(&p->stop) && yg_clock_wall() < end)
        nanosleep(&step, NULL);
}

static void *run(void *arg)
{
    struct pull *p = arg;
    uint64_t backoff = 1;

    while (!atomic_load(&p->stop)) {
        struct yg_err err = { 0 };
        bool fresh = false;
        enum yg_status st = catch_up(p, &fresh, &err);
        if (st == YG_OK) {
            p->told = false;
            backoff = 1;
            if (!fresh)
                rest(p, p->conf->every);
            continue;
        }
        if (atomic_load(&p->stop))
            break;
        if (!p->told && st != YG_EBUSY)
            yg_log(YG_LOG_WARN, "%s: %s; tried again", p->url, err.msg);
        p->told |= st != YG_EBUSY;
        rest(p, st == YG_EBUSY ? 1 : backoff);
        backoff = backoff * 2 < BACKOFF_MOST_S ? backoff * 2 : BACKOFF_MOST_S;
    }
    return NULL;
}

/* ---- the kind -------------------------------------------------------------------------
 */

static bool is_here(struct yg_str host)
{
    return yg_str_eq(host, YG_STR("127.0.0.1")) || yg_str_eq(host, YG_STR("localhost")) ||
           yg_str_eq(host, YG_STR("[::1]"));
}

static enum yg_status make_url(struct pull *p, struct yg_err *err)
{
    struct yg_str url = p->conf->url, index = p->conf->index, rest, host;
    bool plain = yg_str_starts(url, YG_STR("http://")), good = index.n > 0;

    while (url.n && url.p[url.n - 1] == '/')
        url.n--;
    if (!plain && !yg_str_starts(url, YG_STR("https://")))
        return yg_err_set(err, YG_EINVAL, "opensearch: write url: https://host:9200");
    if (url.n && memchr(url.p, '@', url.n))
        return yg_err_set(err, YG_EINVAL,
                          "opensearch: the account is written in user and password, not "
                          "in the url");
    rest = (struct yg_str){ url.p + 7, url.n - 7 };
    host = rest.n && rest.p[0] == '[' ? yg_str_cut(&rest, ']') : yg_str_cut(&rest, ':');
    if (host.n && host.p[0] == '[')
        host.n++;
    if (plain && !is_here(host))
        return yg_err_set(err, YG_EINVAL,
                          "opensearch: http is for this machine itself; write https://");
    for (size_t i = 0; i < index.n; i++)
        good &=
            index.p[i] > ' ' && index.p[i] < 127 && !strchr("/\\?#%\"<>|", index.p[i]);
    if (!good)
        return yg_err_set(err, YG_EINVAL, "opensearch: \"%.*s\" is no index pattern",
                          YG_STR_ARG(index));
    int n = snprintf(p->url, sizeof(p->url), "%.*s/%.*s/_search", YG_STR_ARG(url),
                     YG_STR_ARG(index));
    return n > 0 && (size_t)n < sizeof(p->url)
               ? YG_OK
               : yg_err_set(err, YG_EINVAL, "opensearch: the url is too long");
}

/* Named by what it is the cursor of: another index pattern begins anew. */
static void name_cursor(struct pull *p)
{
    unsigned char id[YG_ID_SIZE];
    char hex[2 * YG_ID_SIZE + 1];
    struct yg_buf b;

    yg_buf_init(&b, 8192);
    yg_buf_lstr(&b, p->conf->tenant);
    yg_buf_lstr(&b, p->conf->source);
    yg_buf_lstr(&b, p->conf->time_field);
    yg_buf_str_add(&b, yg_str_of(p->url));
    yg_hash_id(YG_STR("yagura cursor"), yg_buf_str(&b), id);
    yg_hex(id, sizeof(id), hex);
    yg_buf_fini(&b);
    snprintf(p->file, sizeof(p->file), "%s/opensearch-%.16s.cursor", yg_intake_dir(p->in),
             hex);
}

static void stop(void *state)
{
    struct pull *p = state;

    if (p->running && !atomic_exchange(&p->stop, true))
        pthread_join(p->thread, NULL);
}

static void free_pull(void *state)
{
    struct pull *p = state;

    if (!p)
        return;
    stop(p);
    curl_easy_cleanup(p->curl);
    curl_slist_free_all(p->headers);
    yg_gather_fini(&p->gather);
    yg_json_pull_free(p->json);
    yg_map_fini(&p->known);
    struct yg_buf *b[] = { &p->answer, &p->query, &p->name, &p->next, &p->cursor };
    for (size_t i = 0; i < YG_ARRAY_LEN(b); i++)
        yg_buf_fini(b[i]);
    free(p);
}

static struct pull *make(struct yg_intake *in, const struct yg_input_conf *conf,
                         uint32_t source)
{
    struct pull *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->in = in;
    p->conf = conf;
    p->source = source;
    p->size = YG_OPENSEARCH_PAGE;
    yg_buf_init(&p->answer, YG_OPENSEARCH_ANSWER);
    yg_buf_init(&p->query, 65536);
    yg_buf_init(&p->name, 65536);
    yg_buf_init(&p->next, 2 * YG_OPENSEARCH_SORT);
    yg_buf_init(&p->cursor, 2 * YG_OPENSEARCH_SORT);
    yg_map_init(&p->known, YG_OPENSEARCH_KNOWN);
    p->headers = curl_slist_append(NULL, "Content-Type: application/json");
    p->curl = curl_easy_init();
    if (p->curl && p->headers && yg_gather_init(&p->gather, in, source) == YG_OK &&
        yg_json_pull_new(YG_OPENSEARCH_ANSWER, &p->json) == YG_OK)
        return p;
    free_pull(p);
    return NULL;
}

static enum yg_status start(struct yg_intake *in, const struct yg_input_conf *conf,
                            uint32_t source, void **state, struct yg_err *err)
{
    struct pull *p = make(in, conf, source);

    if (!p)
        return yg_err_set(err, YG_ENOMEM, "no memory for an input");
    enum yg_status st = make_url(p, err);
    if (st == YG_OK) {
        name_cursor(p);
        read_cursor(p);
        set_options(p);
        p->running = pthread_create(&p->thread, NULL, run, p) == 0;
        if (!p->running)
            st = yg_err_set(err, YG_ENOMEM, "no thread for an input");
    }
    if (st == YG_OK)
        *state = p;
    else
        free_pull(p);
    return st;
}

const struct yg_intake_kind yg_intake_opensearch = {
    .name = "opensearch",
    .doc = "documents pulled out of OpenSearch (Wazuh 5)",
    .start = start,
    .stop = stop,
    .free = free_pull,
};
