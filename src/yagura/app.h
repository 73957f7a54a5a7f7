/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app - what the subcommands share: the store they work on, their inputs, progress.
 */
#ifndef YG_YAGURA_APP_H
#define YG_YAGURA_APP_H

#include "base/arena.h"
#include "base/counters.h"
#include "conf/config.h"
#include "pipeline/flow.h"
#include "policy/coin.h"
#include "store/store.h"
#include "thin/rules.h"
#include "yagura/cli.h"

struct yg_app {
    const struct yg_cli *cli;
    struct yg_arena arena;   /* names, mappings, paths */
    struct yg_config config; /* built in, then --config, then options */
    struct yg_clock clock;
    struct yg_store *store; /* NULL until yg_app_store */
    const char *dir;        /* of the store */
    const char *server; /* address of the server its databases are on; NULL: in `dir` */
    bool noted;         /* `dir` keeps that address */
    uint32_t workers;
    bool json, quiet;
    bool read_only; /* the store is */
    struct yg_spool *spool;
    struct yg_thin_rules thin; /* none until yg_app_thin_rules */
    const char *cache;         /* folder to remove at the end; NULL: none */
    double started;            /* wall clock, for progress */
};

/* Read the common options. Never fails later than here on wrong use. */
enum yg_status yg_app_init(struct yg_app *a, const struct yg_cli *cli,
                           struct yg_err *err) YG_MUST_USE;
void yg_app_fini(struct yg_app *a);

enum yg_status yg_app_store(struct yg_app *a, bool create, bool read_only,
                            struct yg_err *err) YG_MUST_USE;

/* To write rows beside whoever writes history (`serve`, an import). `hold`: what is read
 * from now on cannot change until the commit; for what takes a moment only. */
enum yg_status yg_app_rows(struct yg_app *a, bool hold, struct yg_err *err) YG_MUST_USE;

/* The alert that the first argument names: a run's id stands for its most dangerous
 * alert, and that is said when another one began it; with --alert it is always an
 * alert's. Lives with the app. YG_ENOTFOUND. */
enum yg_status yg_app_alert(struct yg_app *a, struct yg_store_record *rec,
                            struct yg_str *tenant, struct yg_err *err) YG_MUST_USE;

/* A name that is mistyped must not look like a quiet night. YG_ENOTFOUND. */
enum yg_status yg_app_known_tenant(struct yg_app *a, struct yg_str name,
                                   struct yg_err *err) YG_MUST_USE;

/* `dir`/`name`, living with the app. */
const char *yg_app_path(struct yg_app *a, const char *name);

/* ---- where databases are (appplace.c) ---- */

/* The setting `store`, or else what the folder keeps in the file `server`, so that --data
 * is enough afterwards. YG_EINVAL: they differ. Called by yg_app_init. */
enum yg_status yg_app_place_find(struct yg_app *a, struct yg_err *err) YG_MUST_USE;

/* The database of this name ("yagura", "service", "desk", "trail"): the file NAME.db of
 * the folder, or the schema yagura, yagura_NAME on the server. Lives with the app. */
struct yg_app_place {
    const char *where, *part; /* as yg_db_options has them */
};
struct yg_app_place yg_app_place(struct yg_app *a, const char *name);
/* Was it made? Of a server: was any. */
bool yg_app_place_has(struct yg_app *a, const char *name);
/* Let the folder keep the address, after a database was made there. */
enum yg_status yg_app_place_keep(struct yg_app *a, struct yg_err *err) YG_MUST_USE;

/* Write a file whole or not at all (a new file renamed over the old one). */
enum yg_status yg_app_write(const char *path, struct yg_str bytes,
                            struct yg_err *err) YG_MUST_USE;

/* What the input options of import and triage say about one file. */
struct yg_app_inputs {
    struct yg_flow_input *input;
    uint32_t count;
};

/* Open the files named on the command line as inputs with --tenant, --source, --format,
 * --map, --zone, --log. A file that cannot be opened is an error before anything runs. */
enum yg_status yg_app_inputs(struct yg_app *a, struct yg_app_inputs *out,
                             struct yg_err *err) YG_MUST_USE;
void yg_app_inputs_close(struct yg_app_inputs *in);

/* Where the index of captures is. */
enum yg_app_index {
    YG_INDEX_KEEP,  /* in the store's folder */
    YG_INDEX_APART, /* in a folder that is removed by yg_app_fini */
    YG_INDEX_SHARE, /* in the store's, if one of these captures is there; else apart */
};

/* The captures of --packets, else of the configuration, indexed up to now (what is
 * indexed and has not changed is not read again); NULL when none are named. Lives with
 * the app. */
struct yg_spool;
enum yg_status yg_app_spool(struct yg_app *a, enum yg_app_index where,
                            struct yg_spool **out, struct yg_err *err) YG_MUST_USE;
/* How long after an alert its packets are looked for: the setting packets_after. */
int64_t yg_app_packets_after(const struct yg_app *a);

/* Captures were named and no alert's packets were found: say so. */
void yg_app_spool_tell(const struct yg_app *a, const struct yg_counters *sum);

void yg_app_spool_close(struct yg_app *a); /* called by yg_app_fini */

/* The lists of the settings intelligence and critical_assets, read whole; NULL when none
 * are named. The caller frees. */
struct yg_watchlist;
enum yg_status yg_app_watchlist(struct yg_app *a, struct yg_watchlist **out,
                                struct yg_err *err) YG_MUST_USE;

/* Read the list `thin` of --config; rules that have expired are said. */
enum yg_status yg_app_thin_rules(struct yg_app *a, struct yg_err *err) YG_MUST_USE;
/* The same, with what an ingest into the app's store (NULL: none) needs. The
 * caller frees. */
struct yg_thinning;
enum yg_status yg_app_thinning(struct yg_app *a, struct yg_thinning **out,
                               struct yg_err *err) YG_MUST_USE;

/* --fnr RATE as a number; 0 without the option. */
enum yg_status yg_app_fnr(struct yg_app *a, double *fnr, struct yg_err *err) YG_MUST_USE;

/* The store's signing key pair and the coin's secret: made on first use and kept in the
 * file `secret` beside the store's database, for its owner alone (mode 0600). Who reads
 * it can foresee which runs are audited and sign certificates. Stores of older versions
 * kept them in the database: moved at the first use that writes. YG_ENOTFOUND: the file
 * is gone; YG_EINVAL: others may read it; YG_ECORRUPT: it is not this store's. */
enum yg_status yg_app_coin(struct yg_app *a, unsigned char out[YG_COIN_SECRET],
                           struct yg_err *err) YG_MUST_USE;
/* Copies of the store from before it was brought forward (`yagura-backup-vN.db`, of
 * older programs `backup-vN.db`): their names with commas between. Returns how many of
 * them others may read; `close`: after it was tried to give them mode 0600. Those of old
 * versions hold the secret. */
unsigned yg_app_backups(struct yg_app *a, bool close, struct yg_buf *out);
enum yg_status yg_app_keys(struct yg_app *a, unsigned char key[32],
                           unsigned char secret[64], struct yg_err *err) YG_MUST_USE;

/* The model file: --model, else model.ygm beside the store. A file named by --model is
 * trusted because the operator names it; the store's own must carry the store's
 * signature. Freed by the caller. */
struct yg_modelpack;
enum yg_status yg_app_model(struct yg_app *a, struct yg_modelpack **out,
                            struct yg_err *err) YG_MUST_USE;
/* The same by its path; NULL: the store's own. */
enum yg_status yg_app_model_of(struct yg_app *a, const char *named,
                               struct yg_modelpack **out, struct yg_err *err) YG_MUST_USE;
/* Sign and write it: to `path`, or NULL: model.ygm beside the store. */
enum yg_status yg_app_model_save(struct yg_app *a, const struct yg_modelpack *m,
                                 const char *path, struct yg_err *err) YG_MUST_USE;

/* The guard of the store (pipeline/guard.h), freed by the caller. `pack` NULL: standings
 * only. With `toss` it draws, counts and lets strata fall: the store is open for writing
 * and nobody else does. */
struct yg_guard;
enum yg_status yg_app_guard(struct yg_app *a, const struct yg_modelpack *pack, bool toss,
                            struct yg_guard **out, struct yg_err *err) YG_MUST_USE;

/* Read history to learn from or to judge; what could not be read is said once. */
struct yg_corpus;
struct yg_corpus_options;
enum yg_status yg_app_corpus(struct yg_app *a, const struct yg_corpus_options *opt,
                             struct yg_corpus *out, struct yg_err *err) YG_MUST_USE;

/* Bring the judge's state of one tenant to where the store's history ends, record by
 * record: memory does not grow with history. A tenant without history: nothing. */
struct yg_judge;
enum yg_status yg_app_rebuild(struct yg_app *a, struct yg_judge *j, struct yg_str tenant,
                              struct yg_err *err) YG_MUST_USE;

/* "a,b,c" as names living with the app. */
enum yg_status yg_app_names(struct yg_app *a, const char *text, struct yg_str **out,
                            size_t *count, struct yg_err *err) YG_MUST_USE;

/* Counters as JSON members or as lines of text. */
struct yg_jsonw;
void yg_app_counters_json(struct yg_jsonw *w, const struct yg_counters *c,
                          const uint64_t *reason);
void yg_app_counters_text(struct yg_buf *out, const struct yg_counters *c,
                          const uint64_t *reason);

/* One changing line on a terminal's standard error; nothing elsewhere or with --quiet. */
void yg_app_progress(const struct yg_app *a, const char *what, uint64_t done);
void yg_app_progress_end(const struct yg_app *a);

#endif
