/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asset - what a tenant protects: an address, a network or a host, with its role, owner,
 * criticality, software and what scanners say of its vulnerabilities.
 *
 * Nothing is overwritten: every fact holds from when it was told until another one was,
 * so that what was known at a past time can be asked for. An address finds the asset with
 * just this address; else a host name that of this name; else an address the smallest
 * network that holds it.
 */
#ifndef YG_DESK_ASSET_H
#define YG_DESK_ASSET_H

#include "desk/desk.h"

#define YG_ASSETS_MAX         50000   /* of a tenant */
#define YG_ASSET_SOFTWARE_MAX 500     /* in force, of one asset */
#define YG_ASSET_FINDINGS_MAX 2000    /* in force, of one asset */
#define YG_ASSET_ROWS_MAX     4000000 /* facts of all assets and times, each kind */
#define YG_ASSET_KEPT_NS      (INT64_C(400) * 86400 * YG_NS_PER_S) /* what is past */
#define YG_ASSET_FRESH_NS     (INT64_C(180) * 86400 * YG_NS_PER_S)
#define YG_ASSET_CPE          512
#define YG_CVE_TEXT           24 /* room for "CVE-2021-44228" */
#define YG_ASSET_CRITICAL_MAX 4  /* 0: not said, 1 low ... 4 highest */

#define YG_FINDING_STATES(X)                                                             \
    X(VULNERABLE, "vulnerable")                                                          \
    X(FIXED, "fixed")                                                                    \
    X(NOT_AFFECTED, "not-affected")                                                      \
    X(UNDECIDED, "undecided")
enum yg_finding_state {
#define X(id, name) YG_FINDING_##id,
    YG_FINDING_STATES(X)
#undef X
        YG_FINDING_STATE_COUNT
};
const char *yg_finding_state_name(unsigned state);
bool yg_finding_state_of(struct yg_str name, enum yg_finding_state *out);

struct yg_software {
    struct yg_str vendor, product, version; /* version empty: not said */
    struct yg_str cpe;                      /* CPE 2.3; empty: none was told */
    int64_t from_ns, until_ns;
};

struct yg_finding {
    char cve[YG_CVE_TEXT];
    struct yg_str scanner; /* who says so: "nessus", "vex" */
    struct yg_str why;     /* in words: plugin, justification */
    struct yg_str severity;
    int64_t seen_ns; /* when the scanner looked */
    int64_t from_ns, until_ns;
    uint8_t state; /* enum yg_finding_state */
};

struct yg_asset {
    uint64_t number;
    struct yg_str tenant;
    struct yg_str subject; /* "192.0.2.7", "192.0.2.0/24", "web1.example" */
    struct yg_str name, role, owner;
    struct yg_str source, told_by; /* "import: hosts.csv"; who */
    int64_t told_ns, until_ns;     /* when this was told; until NEVER: it holds */
    uint8_t criticality;
    bool network; /* holds more than one address */
    const struct yg_software *software;
    size_t software_count;
    const struct yg_finding *finding;
    size_t findings;
};
struct yg_assets {
    struct yg_asset *row;
    size_t count;
    bool more;
};

/* "192.0.2.7", "2001:DB8::/32", "Web1.Example." as we write it; YG_EINVAL and what to
 * write instead. */
#define YG_ASSET_SUBJECT 256
enum yg_status yg_asset_subject(struct yg_str text, char out[YG_ASSET_SUBJECT],
                                struct yg_err *err) YG_MUST_USE;
/* "cve_2021-44228" to "CVE-2021-44228". False: it is none. */
bool yg_cve_of(struct yg_str text, char out[YG_CVE_TEXT]);

/* Make it, or tell what is new of it: name, role, owner, criticality and source become
 * those of `a`, where empty and 0 leave what is known; with `software` it becomes just
 * that; findings are added to those of other scanners and CVEs. Of `a` tenant, subject
 * and these are read; seen_ns 0 is now.
 */
enum yg_status yg_asset_put(struct yg_desk *d, const struct yg_desk_by *by,
                            const struct yg_asset *a, uint64_t *number,
                            struct yg_err *err) YG_MUST_USE;
/* Several at once, all of them or none; `*at`: at which it failed. */
struct yg_asset_told {
    const struct yg_asset *row;
    size_t count;
};
enum yg_status yg_asset_put_all(struct yg_desk *d, const struct yg_desk_by *by,
                                const struct yg_asset_told *told, size_t *at,
                                struct yg_err *err) YG_MUST_USE;
/* It is forgotten from now on; what was known before is kept for a while. */
enum yg_status yg_asset_remove(struct yg_desk *d, const struct yg_desk_by *by,
                               uint64_t number, struct yg_err *err) YG_MUST_USE;
/* With software and findings. */
struct yg_asset_at {
    uint64_t number;
    int64_t known_ns; /* as it was known then; 0: now */
};
enum yg_status yg_asset_get(struct yg_desk *d, const struct yg_desk_by *by,
                            const struct yg_asset_at *at, struct yg_arena *arena,
                            struct yg_asset *out, struct yg_err *err) YG_MUST_USE;
/* Without software and findings. */
enum yg_status yg_asset_list(struct yg_desk *d, const struct yg_desk_by *by,
                             const struct yg_desk_ask *ask, struct yg_arena *arena,
                             struct yg_assets *out, struct yg_err *err) YG_MUST_USE;
/* The number of the asset that is called just so. YG_ENOTFOUND. */
enum yg_status yg_asset_named(struct yg_desk *d, const struct yg_desk_by *by,
                              struct yg_str tenant, struct yg_str subject,
                              uint64_t *number, struct yg_err *err) YG_MUST_USE;
/* The asset behind an address (16 bytes) or a name, either may be absent. YG_ENOTFOUND.
 */
struct yg_asset_of {
    struct yg_str tenant;
    const unsigned char *ip;
    struct yg_str host;
    int64_t known_ns; /* 0: now */
};
enum yg_status yg_asset_find(struct yg_desk *d, const struct yg_desk_by *by,
                             const struct yg_asset_of *of, struct yg_arena *arena,
                             struct yg_asset *out, struct yg_err *err) YG_MUST_USE;

#endif
