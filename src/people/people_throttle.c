/* SPDX-License-Identifier: Apache-2.0 */
/* The part of people_priv.h about failures: the rows behind throttle.h. */
#include "people/people_priv.h"

static void key(unsigned char out[YG_DIGEST_SIZE], const char *what, struct yg_str name,
                const unsigned char *net)
{
    struct yg_digest d;

    yg_digest_init(&d);
    yg_digest_add(&d, what, strlen(what) + 1);
    if (net)
        yg_digest_add(&d, net, YG_IP_SIZE);
    yg_digest_add(&d, name.p, name.n);
    yg_digest_done(&d, out);
}

void yg_attempt_of(struct yg_attempt *a, struct yg_str name, struct yg_str address)
{
    char canonical[YG_NAME_MAX + 1] = "";
    unsigned char ip[YG_IP_SIZE], net[YG_IP_SIZE] = { 0 };

    /* what is no name is one name, what is no address is one address */
    struct yg_str n = yg_people_name(name, canonical) ? yg_str_of(canonical) : YG_STR("");
    if (yg_ip_parse(address, ip))
        yg_ip_net(ip, net);
    key(a->pair, "pair", n, net);
    key(a->name, "name", n, NULL);
    key(a->address, "address", YG_STR(""), net);
    key(a->known, "known", YG_STR(""), net);
}

static enum yg_status read_one(struct yg_people *p, const unsigned char *digest,
                               struct yg_failures *out, bool *row, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_FAILURE_GET, err);
    struct yg_failures f = { .there = true };

    if (!s)
        return err->status;
    yg_db_bind_blob(s, 1, yg_bytes(digest, YG_DIGEST_SIZE));
    enum yg_status st = yg_db_step(p->db, s, err);
    *row = st == YG_OK;
    if (st == YG_OK) {
        f.count = yg_db_int(s, 0);
        f.last_ns = yg_db_int(s, 1);
        f.until_ns = yg_db_int(s, 2);
        *out = yg_failures_now(&f, yg_people_now(p));
    } else if (st == YG_EEND) {
        *out = (struct yg_failures){ .there = false };
        st = YG_OK;
    }
    yg_db_reset(s);
    return st;
}

/* A new row pushes out what is older than the newest YG_PEOPLE_FAILURES_MAX. */
static enum yg_status cap(struct yg_people *p, int64_t id, struct yg_err *err)
{
    if (id <= YG_PEOPLE_FAILURES_MAX)
        return YG_OK;
    return yg_people_run(p, YG_PQ_FAILURE_CAP, id - YG_PEOPLE_FAILURES_MAX, NULL, err);
}

static enum yg_status write_one(struct yg_people *p, const unsigned char *digest,
                                const struct yg_failures *f, bool row, struct yg_err *err)
{
    struct yg_db_stmt *s =
        yg_db_stmt(p->db, row ? YG_PQ_FAILURE_SET : YG_PQ_FAILURE_ADD, err);
    int64_t id = 0;

    if (!s)
        return err->status;
    yg_db_bind_blob(s, 1, yg_bytes(digest, YG_DIGEST_SIZE));
    yg_db_bind_int(s, 2, f->count);
    yg_db_bind_int(s, 3, f->last_ns);
    yg_db_bind_int(s, 4, f->until_ns);
    if (row)
        return yg_db_run(p->db, s, err);
    enum yg_status st = yg_db_step(p->db, s, err);
    if (st == YG_OK)
        id = yg_db_int(s, 0);
    yg_db_reset(s);
    return st == YG_OK ? cap(p, id, err) : st;
}

static enum yg_status is_known(struct yg_people *p, const struct yg_attempt *a,
                               uint64_t user, bool *out, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_KNOWN_GET, err);

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, (int64_t)user);
    yg_db_bind_blob(s, 2, yg_bytes(a->known, sizeof(a->known)));
    enum yg_status st = yg_db_step(p->db, s, err);
    *out = st == YG_OK;
    yg_db_reset(s);
    return st == YG_EEND ? YG_OK : st;
}

enum yg_status yg_attempt_count(struct yg_people *p, const struct yg_attempt *a,
                                uint64_t user, int64_t *wait_ns, struct yg_err *err)
{
    struct yg_failures pair, name, address;
    bool rows[3], known = false;
    enum yg_status st = read_one(p, a->pair, &pair, &rows[0], err);

    if (st == YG_OK)
        st = read_one(p, a->name, &name, &rows[1], err);
    if (st == YG_OK)
        st = read_one(p, a->address, &address, &rows[2], err);
    if (st == YG_OK)
        st = is_known(p, a, user, &known, err);
    if (st != YG_OK)
        return st;
    bool was = pair.there;
    *wait_ns = yg_throttle(&pair, &name, &address, known, yg_people_now(p));
    if (*wait_ns > 0)
        return was          ? YG_OK
               : pair.there ? write_one(p, a->pair, &pair, rows[0], err)
                            : YG_OK;
    st = write_one(p, a->pair, &pair, rows[0], err);
    if (st == YG_OK)
        st = write_one(p, a->name, &name, rows[1], err);
    return st == YG_OK && !known ? write_one(p, a->address, &address, rows[2], err) : st;
}

static enum yg_status by_digest(struct yg_people *p, enum yg_people_query q,
                                const unsigned char *digest, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, q, err);

    if (!s)
        return err->status;
    yg_db_bind_blob(s, 1, yg_bytes(digest, YG_DIGEST_SIZE));
    return yg_db_run(p->db, s, err);
}

static enum yg_status put_known(struct yg_people *p, const struct yg_attempt *a,
                                uint64_t user, struct yg_err *err)
{
    struct yg_db_stmt *s = yg_db_stmt(p->db, YG_PQ_KNOWN_PUT, err);
    const int64_t most = YG_KNOWN_MAX;

    if (!s)
        return err->status;
    yg_db_bind_int(s, 1, (int64_t)user);
    yg_db_bind_blob(s, 2, yg_bytes(a->known, sizeof(a->known)));
    yg_db_bind_int(s, 3, yg_people_now(p));
    enum yg_status st = yg_db_run(p->db, s, err);
    return st == YG_OK ? yg_people_run(p, YG_PQ_KNOWN_CAP, (int64_t)user, &most, err)
                       : st;
}

enum yg_status yg_attempt_back(struct yg_people *p, const struct yg_attempt *a,
                               uint64_t user, bool in, struct yg_err *err)
{
    bool known = false;
    enum yg_status st =
        by_digest(p, in ? YG_PQ_FAILURE_DROP : YG_PQ_FAILURE_BACK, a->pair, err);

    if (st == YG_OK)
        st = by_digest(p, YG_PQ_FAILURE_BACK, a->name, err);
    if (st == YG_OK)
        st = is_known(p, a, user, &known, err);
    /* who is known was not counted there */
    if (st == YG_OK && !known)
        st = by_digest(p, YG_PQ_FAILURE_BACK, a->address, err);
    return st == YG_OK && in ? put_known(p, a, user, err) : st;
}
