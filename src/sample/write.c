/* SPDX-License-Identifier: Apache-2.0 */
#include "sample/sample.h"

#include "base/clock.h"
#include "base/jsonw.h"
#include "sample/attack.h"
#include "sample/noise.h"
#include "sample/out.h"
#include "sample/render.h"
#include "sample/shape.h"
#include "sample/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define START_DAY 20458 /* Monday 2026-01-05 */
#define DAY_NS    (86400 * YG_NS_PER_S)
#define TRUTH_MAX (256U << 20)

enum { EVE, WAZUH, FIREWALL, ACCESS, FILES };
static const char *const file_name[FILES] = { "eve.json", "wazuh.json", "firewall.csv",
                                              "access.log" };

struct job {
    const struct yg_sample_params *p;
    struct yg_err *err;
    struct yg_sample_counts counts;
    uint64_t target, threats;
    double weight_sum; /* of all tenant-days */
    struct yg_sample_items items;
    struct yg_sample_scratch scratch;
    struct yg_sample_out file[FILES], verdicts;
    struct yg_buf truth;
    struct yg_jsonw json;
    struct yg_sample_world world;
    struct yg_sample_threat *threat;
    uint32_t threat_count;
    uint64_t level[YG_LEVEL_COUNT]; /* of this tenant */
    char rel[FILES][32];            /* "day-01/eve.json" */
};

static enum yg_status check(const struct yg_sample_params *p, struct yg_err *err)
{
    uint64_t days = (uint64_t)p->tenants * p->days;

    if (!p->dir || !*p->dir || snprintf(NULL, 0, "%s", p->dir) > YG_SAMPLE_PATH_MAX - 128)
        return yg_err_set(err, YG_EINVAL, "no usable directory: name a new one");
    if (p->tenants < 1 || p->tenants > YG_SAMPLE_TENANTS_MAX)
        return yg_err_set(err, YG_EINVAL, "tenants must be 1 to %d",
                          YG_SAMPLE_TENANTS_MAX);
    if (p->days < 1 || p->days > YG_SAMPLE_DAYS_MAX)
        return yg_err_set(err, YG_EINVAL, "days must be 1 to %d", YG_SAMPLE_DAYS_MAX);
    if (p->alerts / days > YG_SAMPLE_DAY_ALERTS_MAX)
        return yg_err_set(
            err, YG_EINVAL,
            "more than %d alerts a tenant-day: ask for more days or tenants",
            YG_SAMPLE_DAY_ALERTS_MAX);
    if (p->threats / p->tenants > YG_SAMPLE_THREATS_MAX)
        return yg_err_set(err, YG_EINVAL, "more than %d threats a tenant: ask for fewer",
                          YG_SAMPLE_THREATS_MAX);
    return YG_OK;
}

static enum yg_status make_dir(struct job *j, const char *path)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST) {
        yg_err_at(j->err, path, 0, 0);
        return yg_err_errno(j->err, "directory cannot be made; name another");
    }
    return YG_OK;
}

/* Made if absent; what is there already might be mixed up with what is written. */
static enum yg_status prepare_dir(struct job *j)
{
    enum yg_status st = make_dir(j, j->p->dir);
    DIR *d = st == YG_OK ? opendir(j->p->dir) : NULL;
    unsigned entries = 0;

    if (st != YG_OK)
        return st;
    yg_err_at(j->err, j->p->dir, 0, 0);
    if (!d)
        return yg_err_errno(j->err, "cannot be read; name another directory");
    for (const struct dirent *e; entries < 3 && (e = readdir(d)) != NULL;)
        entries++;
    closedir(d);
    if (entries > 2)
        return yg_err_set(j->err, YG_EEXIST, "directory is not empty: name a new one");
    return YG_OK;
}

static enum yg_status write_text(struct job *j, const char *name, struct yg_str text)
{
    char path[YG_SAMPLE_PATH_MAX];
    struct yg_sample_out o;
    enum yg_status st;

    snprintf(path, sizeof(path), "%s/%s", j->p->dir, name);
    yg_sample_out_init(&o);
    st = yg_sample_out_open(&o, path, false, j->err);
    if (st == YG_OK) {
        yg_sample_out_flush(&o);
        for (size_t at = 0; at < text.n; at += 1U << 16) {
            yg_buf_add(&o.text, text.p + at,
                       text.n - at < 1U << 16 ? text.n - at : 1U << 16);
            yg_sample_out_flush(&o);
        }
        st = yg_sample_out_close(&o, j->err);
        j->counts.bytes += o.bytes;
    }
    yg_sample_out_fini(&o);
    return st;
}

/* Weights are drawn twice: once for the sum, once for the day itself. */
static void sum_weights(struct job *j)
{
    for (uint32_t t = 0; t < j->p->tenants; t++) {
        yg_sample_world_make(&j->world, j->p->seed, t);
        for (uint32_t d = 0; d < j->p->days; d++)
            j->weight_sum += yg_sample_day_weight(&j->world, d);
    }
}

static enum yg_status open_day(struct job *j, uint32_t day)
{
    char path[YG_SAMPLE_PATH_MAX];
    const char *gz = j->p->gzip ? ".gz" : "";
    enum yg_status st;

    /* as many digits as the last day needs, so that names sort in order of time */
    int width = j->p->days > 999 ? 4 : j->p->days > 99 ? 3 : 2;
    char name[16];

    snprintf(name, sizeof(name), "day-%0*u", width, day + 1);
    snprintf(path, sizeof(path), "%s/%s/%s", j->p->dir, j->world.name, name);
    st = make_dir(j, path);
    for (int f = 0; f < FILES && st == YG_OK; f++) {
        snprintf(j->rel[f], sizeof(j->rel[f]), "%s/%s%s", name, file_name[f], gz);
        snprintf(path, sizeof(path), "%s/%s/%s", j->p->dir, j->world.name, j->rel[f]);
        st = yg_sample_out_open(&j->file[f], path, j->p->gzip, j->err);
    }
    if (st == YG_OK) {
        yg_buf_str_add(&j->file[FIREWALL].text, yg_str_of(yg_sample_firewall_header));
        yg_sample_out_line(&j->file[FIREWALL]);
    }
    return st;
}

static enum yg_status close_day(struct job *j)
{
    enum yg_status st = YG_OK;

    for (int f = 0; f < FILES; f++) {
        enum yg_status one = yg_sample_out_close(&j->file[f], j->err);
        if (st == YG_OK)
            st = one;
        j->counts.bytes += j->file[f].bytes;
    }
    return st;
}

static void incident_name(struct yg_buf *b, const struct job *j, uint32_t number)
{
    yg_buf_str_add(b, yg_str_of(j->world.name));
    YG_SAMPLE_LIT(b, "-T");
    yg_sample_put_u64(b, 10000 + number);
}

static void put_verdict(struct job *j, const struct yg_sample_item *it, int file)
{
    static const char *const reason[] = {
#define X(id, name) name,
        YG_SAMPLE_REASONS(X)
#undef X
    };
    static const char *const analyst[] = {
        "hana", "jonas", "mei", "omar", "priya", "tom"
    };
    struct yg_buf *b = &j->verdicts.text;
    /* shifts of eight hours, two people on each */
    uint64_t shift = (uint64_t)(it->time_ns / (8 * 3600 * YG_NS_PER_S));

    yg_buf_str_add(b, yg_str_of(j->rel[file]));
    yg_buf_char(b, ',');
    yg_sample_put_u64(b, j->file[file].lines);
    yg_buf_char(b, ',');
    yg_buf_str_add(b, yg_str_of(yg_level_name(it->level)));
    yg_buf_char(b, ',');
    yg_buf_str_add(b, yg_str_of(reason[it->reason]));
    yg_buf_char(b, ',');
    if (it->threat)
        incident_name(b, j, it->threat);
    yg_buf_char(b, ',');
    yg_buf_str_add(
        b,
        yg_str_of(analyst[(shift * 2 + (it->seed >> 17 & 1)) % YG_ARRAY_LEN(analyst)]));
    yg_buf_char(b, '\n');
    yg_sample_out_line(&j->verdicts);
}

static void count_alert(struct job *j, const struct yg_sample_item *it, int file)
{
    j->counts.alerts++;
    j->counts.level[it->level]++;
    j->level[it->level]++;
    if (it->threat == 0)
        return;
    struct yg_sample_threat *t = &j->threat[it->threat - 1];
    if (t->alerts++ == 0)
        t->first_ns = it->time_ns;
    t->last_ns = it->time_ns;
    t->devices |= (uint8_t)(1U << file);
    if (it->level > t->level)
        t->level = it->level;
}

static void put_item(struct job *j, const struct yg_sample_item *it)
{
    int f = it->record == YG_REC_ACCESS ? ACCESS
            : it->shape < YG_S_IDS_END  ? EVE
            : it->shape < YG_S_HOST_END ? WAZUH
                                        : FIREWALL;
    struct yg_buf *b = &j->file[f].text;

    if (f == EVE)
        yg_sample_eve(b, &j->scratch, &j->world, it);
    else if (f == WAZUH)
        yg_sample_wazuh(b, &j->scratch, &j->world, it);
    else if (f == FIREWALL)
        yg_sample_firewall(b, &j->world, it);
    else
        yg_sample_access(b, &j->scratch, &j->world, it);
    yg_sample_out_line(&j->file[f]);
    if (it->record != YG_REC_ALERT) {
        j->counts.context++;
        return;
    }
    count_alert(j, it, f);
    put_verdict(j, it, f);
}

static void make_items(struct job *j, uint32_t day)
{
    struct yg_sample_day d = {
        .world = &j->world,
        .day = day,
        .days = j->p->days,
        .start_ns = (START_DAY + (int64_t)day) * DAY_NS,
        .end_ns = (START_DAY + (int64_t)day + 1) * DAY_NS,
    };
    double share = yg_sample_day_weight(&j->world, day) / j->weight_sum;
    uint64_t want = (uint64_t)(share * (double)j->target + 0.5);

    yg_sample_items_clear(&j->items);
    for (uint32_t i = 0; i < j->threat_count; i++) {
        const struct yg_sample_threat *t = &j->threat[i];
        if (t->start_ns < d.end_ns &&
            t->start_ns + YG_SAMPLE_THREAT_DAYS * DAY_NS > d.start_ns)
            yg_sample_attack_add(&j->items, &d, t, i + 1);
    }
    if (want > j->items.alerts)
        yg_sample_noise_add(&j->items, &d, want - j->items.alerts);
    yg_sample_items_sort(&j->items);
}

static enum yg_status write_day(struct job *j, uint32_t day)
{
    enum yg_status st;

    make_items(j, day);
    if (j->items.status != YG_OK)
        return yg_err_set(
            j->err, j->items.status,
            "one day does not fit into memory: ask for more days or tenants");
    st = open_day(j, day);
    if (st != YG_OK)
        return st;
    for (size_t i = 0; i < j->items.n; i++)
        put_item(j, &j->items.v[i]);
    return close_day(j);
}

static void truth_threat(struct job *j, uint32_t i)
{
    const struct yg_sample_threat *t = &j->threat[i];
    char text[YG_TIME_TEXT_MAX];
    struct yg_buf name;

    if (t->alerts == 0)
        return;
    yg_buf_init(&name, 64);
    incident_name(&name, j, i + 1);
    yg_jsonw_open(&j->json, '{');
    yg_jsonw_kstr(&j->json, "name", yg_buf_str(&name));
    yg_buf_fini(&name);
    yg_jsonw_kcstr(&j->json, "family", yg_sample_family_name(t->family));
    yg_jsonw_kcstr(&j->json, "level", yg_level_name(t->level));
    yg_jsonw_kbool(&j->json, "quiet", t->quiet);
    yg_jsonw_kcstr(&j->json, "first", yg_time_text(t->first_ns, text));
    yg_jsonw_kcstr(&j->json, "last", yg_time_text(t->last_ns, text));
    yg_jsonw_ku64(&j->json, "alerts", t->alerts);
    yg_jsonw_key(&j->json, "devices");
    yg_jsonw_open(&j->json, '[');
    for (unsigned f = 0; f < FILES; f++) {
        static const char *const device[FILES] = { "ids", "host", "firewall", "web" };
        if (t->devices >> f & 1)
            yg_jsonw_str(&j->json, yg_str_of(device[f]));
    }
    yg_jsonw_close(&j->json, ']');
    yg_jsonw_close(&j->json, '}');
    yg_buf_char(&j->truth, '\n');
    j->counts.threats++;
}

static void truth_levels(struct job *j, const uint64_t level[YG_LEVEL_COUNT])
{
    yg_jsonw_key(&j->json, "levels");
    yg_jsonw_open(&j->json, '{');
    for (unsigned i = 0; i < YG_LEVEL_COUNT; i++)
        yg_jsonw_ku64(&j->json, yg_level_name(i), level[i]);
    yg_jsonw_close(&j->json, '}');
}

static void truth_tenant(struct job *j)
{
    yg_jsonw_open(&j->json, '{');
    yg_jsonw_kcstr(&j->json, "name", j->world.name);
    yg_jsonw_ku64(&j->json, "hosts", j->world.host_count);
    yg_jsonw_ki64(&j->json, "minutes_east_of_utc", j->world.tz_min);
    truth_levels(j, j->level);
    yg_jsonw_key(&j->json, "threats");
    yg_jsonw_open(&j->json, '[');
    for (uint32_t i = 0; i < j->threat_count; i++)
        truth_threat(j, i);
    yg_jsonw_close(&j->json, ']');
    yg_jsonw_close(&j->json, '}');
}

static enum yg_status write_tenant(struct job *j, uint32_t tenant)
{
    char path[YG_SAMPLE_PATH_MAX];
    uint64_t from = j->threats * tenant / j->p->tenants;
    uint64_t to = j->threats * (tenant + 1) / j->p->tenants;
    enum yg_status st;

    yg_sample_world_make(&j->world, j->p->seed, tenant);
    j->threat_count = (uint32_t)(to - from);
    yg_sample_threats_plan(j->threat, j->threat_count, &j->world, START_DAY * DAY_NS,
                           j->p->days);
    for (unsigned i = 0; i < YG_LEVEL_COUNT; i++)
        j->level[i] = 0;
    snprintf(path, sizeof(path), "%s/%s", j->p->dir, j->world.name);
    st = make_dir(j, path);
    if (st != YG_OK)
        return st;
    snprintf(path, sizeof(path), "%s/%s/verdicts.csv", j->p->dir, j->world.name);
    st = yg_sample_out_open(&j->verdicts, path, false, j->err);
    YG_SAMPLE_LIT(&j->verdicts.text, "file,line,level,reason,incident,analyst\n");
    for (uint32_t d = 0; d < j->p->days && st == YG_OK; d++) {
        st = write_day(j, d);
        if (st == YG_OK && j->p->progress)
            j->p->progress(j->p->progress_ctx, j->counts.alerts, j->target);
    }
    enum yg_status closed = yg_sample_out_close(&j->verdicts, j->err);
    j->counts.bytes += j->verdicts.bytes;
    truth_tenant(j);
    return st != YG_OK ? st : closed;
}

static enum yg_status write_all(struct job *j)
{
    enum yg_status st = prepare_dir(j);

    if (st != YG_OK)
        return st;
    sum_weights(j);
    yg_jsonw_open(&j->json, '{');
    yg_jsonw_ku64(&j->json, "seed", j->p->seed);
    yg_jsonw_ku64(&j->json, "days", j->p->days);
    yg_jsonw_key(&j->json, "tenants");
    yg_jsonw_open(&j->json, '[');
    for (uint32_t t = 0; t < j->p->tenants && st == YG_OK; t++)
        st = write_tenant(j, t);
    if (st != YG_OK)
        return st;
    yg_jsonw_close(&j->json, ']');
    yg_jsonw_ku64(&j->json, "alerts", j->counts.alerts);
    yg_jsonw_ku64(&j->json, "context", j->counts.context);
    yg_jsonw_ku64(&j->json, "threats", j->counts.threats);
    truth_levels(j, j->counts.level);
    yg_jsonw_close(&j->json, '}');
    yg_buf_char(&j->truth, '\n');
    if (yg_buf_status(&j->truth) != YG_OK)
        return yg_err_set(j->err, yg_buf_status(&j->truth), "truth.json does not fit");
    st = write_text(j, "truth.json", yg_buf_str(&j->truth));
    if (st == YG_OK)
        st = write_text(j, "firewall.map.yaml", yg_str_of(yg_sample_firewall_map));
    if (st == YG_OK)
        st = write_text(j, "web.map.yaml", yg_str_of(yg_sample_web_map));
    if (st == YG_OK)
        st = write_text(j, "README.txt", yg_str_of(yg_sample_readme));
    return st;
}

static struct job *job_new(const struct yg_sample_params *p, struct yg_err *err)
{
    struct job *j = calloc(1, sizeof(*j));
    uint64_t most;

    if (!j)
        return NULL;
    j->p = p;
    j->err = err;
    j->target =
        p->alerts ? p->alerts : (uint64_t)YG_SAMPLE_ALERTS_PER_DAY * p->tenants * p->days;
    j->threats = p->threats ? p->threats : (uint64_t)YG_SAMPLE_THREATS * p->tenants;
    j->threat = calloc((size_t)(j->threats / p->tenants + 1), sizeof(*j->threat));
    /* A busy tenant-day may be many times the mean; five records an alert at most. */
    most = j->target / ((uint64_t)p->tenants * p->days) + 1000;
    yg_sample_items_init(&j->items, (size_t)most * 150);
    yg_sample_scratch_init(&j->scratch);
    for (int f = 0; f < FILES; f++)
        yg_sample_out_init(&j->file[f]);
    yg_sample_out_init(&j->verdicts);
    yg_buf_init(&j->truth, TRUTH_MAX);
    j->json = yg_jsonw_of(&j->truth);
    return j;
}

static void job_free(struct job *j)
{
    yg_sample_items_fini(&j->items);
    yg_sample_scratch_fini(&j->scratch);
    for (int f = 0; f < FILES; f++)
        yg_sample_out_fini(&j->file[f]);
    yg_sample_out_fini(&j->verdicts);
    yg_buf_fini(&j->truth);
    free(j->threat);
    free(j);
}

enum yg_status yg_sample_write(const struct yg_sample_params *p, struct yg_err *err)
{
    enum yg_status st = check(p, err);
    struct job *j;

    if (st != YG_OK)
        return st;
    j = job_new(p, err);
    if (!j)
        return yg_err_set(err, YG_ENOMEM, "no memory");
    st = j->threat ? write_all(j)
                   : yg_err_set(err, YG_ENOMEM, "no memory for the threats");
    if (st == YG_OK && p->counts)
        *p->counts = j->counts;
    job_free(j);
    return st;
}
