/* SPDX-License-Identifier: Apache-2.0 */
/* The table of interfaces, calls and what their results mean. */
#include "base/status.h"
#include "packet/dcerpc.h"

#define NONE       0
#define ADMIN      YG_XF_ADMIN
#define EXEC       YG_XF_EXEC
#define LIST       YG_XF_LIST
#define LOGIN      YG_XF_LOGIN
#define EXEC_ADMIN (YG_XF_EXEC | YG_XF_ADMIN)

enum {
#define YG_RPC_INTERFACE(id, uuid, name, result, flags) IF_##id,
#include "packet/dcerpc.def"
#undef YG_RPC_INTERFACE
};

static const struct yg_rpc_interface interfaces[] = {
#define YG_RPC_INTERFACE(id, uuid, name, result, flags)                                  \
    { uuid, name, YG_RPC_##result, flags },
#include "packet/dcerpc.def"
#undef YG_RPC_INTERFACE
};

static const struct yg_rpc_call calls[] = {
#define YG_RPC_CALL(id, opnum, name, flags) { &interfaces[IF_##id], opnum, name, flags },
#include "packet/dcerpc.def"
#undef YG_RPC_CALL
};

static const struct yg_rpc_class classes[] = {
#define YG_RPC_CLASS(clsid, name, flags) { clsid, name, flags },
#include "packet/dcerpc.def"
#undef YG_RPC_CLASS
};

const struct yg_rpc_interface *yg_rpc_by_uuid(struct yg_str uuid)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(interfaces); i++)
        if (yg_str_eq(uuid, yg_str_of(interfaces[i].uuid)))
            return &interfaces[i];
    return NULL;
}

const struct yg_rpc_interface *yg_rpc_by_pipe(struct yg_str name)
{
    for (size_t i = 0; i < YG_ARRAY_LEN(interfaces); i++)
        if (yg_str_eq_nocase(name, yg_str_of(interfaces[i].name)))
            return &interfaces[i];
    return NULL;
}

const struct yg_rpc_call *yg_rpc_call_of(const struct yg_rpc_interface *of,
                                         uint16_t opnum)
{
    for (size_t i = 0; of && i < YG_ARRAY_LEN(calls); i++)
        if (calls[i].of == of && calls[i].opnum == opnum)
            return &calls[i];
    return NULL;
}

const struct yg_rpc_class *yg_rpc_class_in(struct yg_str stub)
{
    for (size_t i = 0; stub.n >= 16 && i < YG_ARRAY_LEN(classes); i++)
        if (memmem(stub.p, stub.n, classes[i].clsid, 16))
            return &classes[i];
    return NULL;
}

uint8_t yg_ntstatus_answer(uint32_t status)
{
    switch (status) {
    case 0xc0000016: /* MORE_PROCESSING_REQUIRED */
    case 0x00000103: /* PENDING */
    case 0x80000005: /* BUFFER_OVERFLOW: the rest is to be read */
        return YG_ANSWER_MORE;
    case 0xc0000022: /* ACCESS_DENIED */
    case 0xc0000061: /* PRIVILEGE_NOT_HELD */
    case 0xc0000064: /* NO_SUCH_USER */
    case 0xc000006a: /* WRONG_PASSWORD */
    case 0xc000006d: /* LOGON_FAILURE */
    case 0xc000006e: /* ACCOUNT_RESTRICTION */
    case 0xc000006f: /* INVALID_LOGON_HOURS */
    case 0xc0000070: /* INVALID_WORKSTATION */
    case 0xc0000071: /* PASSWORD_EXPIRED */
    case 0xc0000072: /* ACCOUNT_DISABLED */
    case 0xc00000ca: /* NETWORK_ACCESS_DENIED */
    case 0xc000015b: /* LOGON_TYPE_NOT_GRANTED */
    case 0xc0000192: /* NETLOGON_NOT_STARTED */
    case 0xc0000193: /* ACCOUNT_EXPIRED */
    case 0xc0000199: /* NOLOGON_WORKSTATION_TRUST_ACCOUNT */
    case 0xc0000203: /* USER_SESSION_DELETED */
    case 0xc0000224: /* PASSWORD_MUST_CHANGE */
    case 0xc0000234: /* ACCOUNT_LOCKED_OUT */
    case 0xc0000413: /* AUTHENTICATION_FIREWALL_FAILED */
        return YG_ANSWER_REFUSED;
    case 0x80000006: /* NO_MORE_FILES */
    case 0xc000000f: /* NO_SUCH_FILE */
    case 0xc0000034: /* OBJECT_NAME_NOT_FOUND */
    case 0xc000003a: /* OBJECT_PATH_NOT_FOUND */
    case 0xc000003b: /* OBJECT_PATH_SYNTAX_BAD */
    case 0xc00000be: /* BAD_NETWORK_PATH */
    case 0xc00000cc: /* BAD_NETWORK_NAME */
    case 0xc0000225: /* NOT_FOUND */
        return YG_ANSWER_MISSING;
    default: /* the two upper bits are the severity: warnings and errors */
        return status >> 30 < 2 ? YG_ANSWER_OK : YG_ANSWER_ERROR;
    }
}

static uint8_t win32_answer(uint32_t status)
{
    switch (status) {
    case 0:
        return YG_ANSWER_OK;
    case 234: /* MORE_DATA */
    case 122: /* INSUFFICIENT_BUFFER: asks again with more room */
        return YG_ANSWER_MORE;
    case 5:    /* ACCESS_DENIED */
    case 1314: /* PRIVILEGE_NOT_HELD */
    case 1326: /* LOGON_FAILURE */
        return YG_ANSWER_REFUSED;
    case 2:    /* FILE_NOT_FOUND */
    case 3:    /* PATH_NOT_FOUND */
    case 53:   /* BAD_NETPATH */
    case 259:  /* NO_MORE_ITEMS */
    case 1060: /* SERVICE_DOES_NOT_EXIST */
    case 1168: /* NOT_FOUND */
    case 2310: /* NERR_NetNameNotFound */
        return YG_ANSWER_MISSING;
    default:
        return YG_ANSWER_ERROR;
    }
}

uint8_t yg_rpc_answer(unsigned result, uint32_t status)
{
    if (result == YG_RPC_WIN32 && status >> 16 == 0)
        return win32_answer(status);
    if (result == YG_RPC_HRESULT && status >> 16 == 0x8007) /* FACILITY_WIN32 */
        return win32_answer(status & 0xffff);
    if (result == YG_RPC_HRESULT && status == 0x80041003) /* WBEM_E_ACCESS_DENIED */
        return YG_ANSWER_REFUSED;
    if (result == YG_RPC_HRESULT && status == 0x80041002) /* WBEM_E_NOT_FOUND */
        return YG_ANSWER_MISSING;
    return result == YG_RPC_UNKNOWN ? YG_ANSWER_OK : yg_ntstatus_answer(status);
}
