/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"
#include "packet/dcerpc.h"
#include "packet/smb.h"
#include "packet/wintext.h"

/* A share that only administrators reach: ADMIN$, and the drives' C$, D$ ... */
static bool is_admin_share(struct yg_str share)
{
    return yg_str_eq_nocase(share, YG_STR("ADMIN$")) ||
           (share.n == 2 && share.p[1] == '$' && (share.p[0] | 0x20) >= 'a' &&
            (share.p[0] | 0x20) <= 'z');
}

/* Pipes behind which services and tasks are made, and the registry. */
static bool is_admin_pipe(struct yg_str pipe)
{
    static const char *const name[] = { "svcctl", "atsvc", "winreg" };

    for (size_t i = 0; i < YG_ARRAY_LEN(name); i++)
        if (yg_str_eq_nocase(pipe, yg_str_of(name[i])))
            return true;
    return false;
}

const struct yg_smb_tree *yg_smb_tree_of(const struct yg_smb *s, uint32_t id)
{
    uint32_t known = s->trees < YG_SMB_TREES_MAX ? s->trees : YG_SMB_TREES_MAX;

    for (uint32_t i = 1; i <= known; i++) {
        const struct yg_smb_tree *t = &s->tree[(s->trees - i) % YG_SMB_TREES_MAX];
        if (t->id == id)
            return t;
    }
    return NULL;
}

static const struct yg_smb_tree *tree_of_pair(const struct yg_smb *s,
                                              struct yg_smb_pair p)
{
    const struct yg_smb_tree *t = p.ask ? yg_smb_tree_of(s, p.ask->tree) : NULL;

    return t || !p.answer ? t : yg_smb_tree_of(s, p.answer->tree);
}

void yg_smb_tree_connect(struct yg_smb *s, struct yg_smb_pair p, struct yg_str path)
{
    struct yg_str rest = path;
    struct yg_smb_tree t = { 0 };

    while (rest.n > 0 && rest.p[0] == '\\')
        rest = yg_slice_from(rest, 1);
    t.host = yg_str_cut(&rest, '\\');
    t.share = rest.p ? rest : YG_STR_NONE;
    if (!t.share.p) { /* no UNC path */
        t.share = t.host;
        t.host = YG_STR_NONE;
    }
    t.pipes = yg_str_eq_nocase(t.share, YG_STR("IPC$"));
    t.admin = is_admin_share(t.share);
    struct yg_exchange *x =
        yg_smb_add(s, p, YG_STR("tree-connect"), t.admin ? YG_XF_ADMIN : 0);
    if (x) {
        x->target = t.share;
        x->host = t.host;
    }
    if (!yg_smb_ok(p.answer))
        return;
    t.id = p.answer->tree;
    s->tree[s->trees++ % YG_SMB_TREES_MAX] = t;
}

static struct yg_str without_slash(struct yg_str name)
{
    while (name.n > 0 && name.p[0] == '\\')
        name = yg_slice_from(name, 1);
    return name;
}

struct yg_exchange *yg_smb_named(struct yg_smb *s, struct yg_smb_pair p,
                                 struct yg_str verb, struct yg_str name, uint32_t flags)
{
    const struct yg_smb_tree *t = tree_of_pair(s, p);
    struct yg_exchange *x =
        yg_smb_add(s, p, verb, flags | (t && t->admin ? YG_XF_ADMIN : 0));

    if (!x)
        return NULL;
    x->target =
        yg_text_join(t ? t->share : YG_STR_NONE, '\\', without_slash(name), s->arena);
    x->host = t ? t->host : YG_STR_NONE;
    return x;
}

static struct yg_smb_file *new_file(struct yg_smb *s, struct yg_str id)
{
    struct yg_smb_file *f =
        s->files < YG_SMB_FILES_MAX ? yg_arena_zalloc(s->arena, sizeof(*f)) : NULL;

    if (!f) {
        s->talk->anomalies |= YG_ANOMALY_BIT(YG_A_APP_CAP);
        return NULL;
    }
    if (id.n > 0)
        memcpy(f->id, id.p, id.n < YG_SMB_ID_SIZE ? id.n : YG_SMB_ID_SIZE);
    s->file[s->files++] = f;
    return f;
}

static void remember(struct yg_smb *s, const struct yg_smb_tree *t, struct yg_str name,
                     struct yg_str id)
{
    struct yg_smb_file *f = new_file(s, id);

    s->last = f;
    if (!f)
        return;
    f->path = yg_text_join(t ? t->share : YG_STR_NONE, '\\', name, s->arena);
    f->host = t ? t->host : YG_STR_NONE;
    f->admin = t && t->admin;
    f->is_pipe = t ? t->pipes : yg_rpc_by_pipe(name) != NULL;
    f->pipe = name;
}

void yg_smb_create(struct yg_smb *s, struct yg_smb_pair p, struct yg_str name,
                   struct yg_str id)
{
    const struct yg_smb_tree *t = tree_of_pair(s, p);
    uint32_t flags = 0;

    name = without_slash(name);
    if (name.n > 5 && (name.p[4] == '\\') &&
        yg_str_eq_nocase(yg_slice(name, 0, 4), YG_STR("PIPE")))
        name = yg_slice_from(name, 5);
    if ((!t || t->pipes) && is_admin_pipe(name))
        flags |= YG_XF_ADMIN;
    (void)yg_smb_named(s, p, YG_STR("create"), name, flags);
    s->last = NULL;
    if (p.ask && (!p.answer || yg_smb_ok(p.answer)))
        remember(s, t, name, id);
}

struct yg_smb_file *yg_smb_file_of(struct yg_smb *s, const struct yg_smb_msg *m,
                                   struct yg_str id)
{
    static const unsigned char any[YG_SMB_ID_SIZE] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    };

    if (id.n == 0)
        return NULL;
    if (id.n == sizeof(any) && memcmp(id.p, any, sizeof(any)) == 0)
        return s->last;
    for (uint32_t i = s->files; i > 0; i--)
        if (memcmp(s->file[i - 1]->id, id.p, id.n) == 0)
            return s->last = s->file[i - 1];
    const struct yg_smb_tree *t = yg_smb_tree_of(s, m->tree);
    remember(s, t, YG_STR_NONE, id);
    return s->last;
}

/* Keep what comes in order; a body is at most YG_BODY_MAX of it. */
static void keep(struct yg_smb *s, struct yg_smb_flow *flow, uint64_t offset,
                 struct yg_str bytes, unsigned side, bool pipe)
{
    const struct yg_side *of = &s->talk->side[side];

    flow->total += bytes.n;
    if (flow->kept == YG_BODY_MAX || (!pipe && flow->first && offset != flow->next))
        return;
    struct yg_smb_part *part = yg_arena_alloc(s->arena, sizeof(*part));
    if (!part)
        return;
    flow->next = offset + bytes.n;
    bytes = yg_slice(bytes, 0, YG_BODY_MAX - flow->kept);
    flow->kept += (uint32_t)bytes.n;
    *part = (struct yg_smb_part){ .bytes = bytes,
                                  .place = (uint32_t)(bytes.p - of->bytes.p) };
    if (flow->last)
        flow->last->next = part;
    else
        flow->first = part;
    flow->last = part;
    flow->parts++;
}

/* The one exchange of all writes (or reads) of a file; a later failure shows in it. */
static void tell(struct yg_smb *s, struct yg_smb_pair p, struct yg_smb_file *f,
                 struct yg_smb_flow *flow, struct yg_str verb, uint32_t flag)
{
    struct yg_exchange *x = flow->exchange;

    if (!x) {
        uint32_t flags = (f->is_pipe ? 0 : flag) | (f->admin ? YG_XF_ADMIN : 0);
        x = flow->exchange = yg_smb_add(s, p, verb, flags);
        if (!x)
            return;
        x->target = f->path;
        x->host = f->host;
        return;
    }
    if (p.answer && (x->answer <= YG_ANSWER_MORE) && !yg_smb_ok(p.answer)) {
        x->status = (int32_t)p.answer->status;
        x->answer = yg_ntstatus_answer(p.answer->status);
    }
}

void yg_smb_write(struct yg_smb *s, struct yg_smb_pair p, struct yg_smb_file *f,
                  uint64_t offset, struct yg_str bytes)
{
    if (!f || !p.ask)
        return;
    if (!f->rpc && !f->in.first && yg_dcerpc_is(bytes))
        f->rpc = f->is_pipe = true;
    if (bytes.n > 0)
        keep(s, &f->in, offset, bytes, s->asker, f->is_pipe);
    if (!f->rpc)
        tell(s, p, f, &f->in, YG_STR("write"), YG_XF_UPLOAD);
}

void yg_smb_read(struct yg_smb *s, struct yg_smb_pair p, struct yg_smb_file *f,
                 uint64_t offset, struct yg_str bytes)
{
    bool end = p.answer && p.answer->status == 0xc0000011; /* END_OF_FILE */

    if (!f || !p.answer)
        return;
    if (!f->rpc && !f->out.first && !f->in.first && yg_dcerpc_is(bytes))
        f->rpc = f->is_pipe = true;
    if (bytes.n > 0)
        keep(s, &f->out, offset, bytes, !s->asker, f->is_pipe);
    if (!f->rpc && !end)
        tell(s, p, f, &f->out, YG_STR("read"), YG_XF_DOWNLOAD);
}

/* The parts as one string, with their places if asked for. */
static struct yg_str join(struct yg_smb *s, const struct yg_smb_flow *flow,
                          struct yg_rpc_piece *piece)
{
    size_t total = 0, n = 0;
    uint32_t i = 0;

    for (const struct yg_smb_part *p = flow->first; p; p = p->next)
        total += p->bytes.n;
    if (flow->parts == 1 && piece)
        *piece = (struct yg_rpc_piece){ 0, flow->first->place };
    if (flow->parts <= 1)
        return flow->first ? flow->first->bytes : YG_STR_NONE;
    char *to = yg_arena_alloc(s->arena, total);
    if (!to)
        return YG_STR_NONE;
    for (const struct yg_smb_part *p = flow->first; p; p = p->next) {
        memcpy(to + n, p->bytes.p, p->bytes.n);
        if (piece)
            piece[i++] = (struct yg_rpc_piece){ (uint32_t)n, p->place };
        n += p->bytes.n;
    }
    return (struct yg_str){ to, n };
}

static bool stream_of(struct yg_smb *s, const struct yg_smb_flow *flow, unsigned side,
                      struct yg_rpc_stream *out)
{
    struct yg_rpc_piece *piece =
        yg_arena_alloc(s->arena, (flow->parts + (size_t)1) * sizeof(*piece));

    if (!piece)
        return false;
    *out = (struct yg_rpc_stream){ .bytes = join(s, flow, piece),
                                   .piece = piece,
                                   .pieces = flow->parts };
    out->cut = flow->kept < flow->total || s->talk->side[side].gap_bytes > 0 ||
               s->talk->side[side].cut;
    return true;
}

static void finish_pipe(struct yg_smb *s, const struct yg_smb_file *f)
{
    struct yg_rpc_in in = { .asker = s->asker, .host = f->host, .pipe = f->pipe };

    if (stream_of(s, &f->in, s->asker, &in.to_callee) &&
        stream_of(s, &f->out, !s->asker, &in.to_caller))
        yg_dcerpc_read(s->talk, s->arena, &in);
}

void yg_smb_finish(struct yg_smb *s)
{
    for (uint32_t i = 0; i < s->files; i++) {
        struct yg_smb_file *f = s->file[i];
        if (f->in.exchange)
            f->in.exchange->body = join(s, &f->in, NULL);
        if (f->out.exchange) {
            f->out.exchange->answer_body = join(s, &f->out, NULL);
            f->out.exchange->answer_size = f->out.total;
        }
    }
    for (uint32_t i = 0; i < s->files; i++)
        if (s->file[i]->rpc)
            finish_pipe(s, s->file[i]);
}
