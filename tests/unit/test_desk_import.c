/* SPDX-License-Identifier: Apache-2.0 */
/* Files of assets: inventories, scanners' reports and VEX; nothing half imported, and
 * what is written is no formula. */
#include "desk_util.h"

#include "base/csvw.h"
#include "desk/import.h"

static enum yg_status read_text(struct world *w, const char *text, const char *subject,
                                struct yg_import *im)
{
    const struct yg_import_ask ask = { .tenant = ACME,
                                       .data = yg_str_of(text),
                                       .name = YG_STR("file.csv"),
                                       .subject = yg_str_of(subject) };

    return yg_import_read(&ask, T0, &w->arena, im, &w->err);
}

static struct yg_import good(struct world *w, const char *text, const char *subject)
{
    struct yg_import im;
    enum yg_status st = read_text(w, text, subject, &im);

    if (st != YG_OK)
        fail_msg("%.60s: %s: %s", text, yg_status_name(st), w->err.msg);
    return im;
}

static void inventories_read(void **state)
{
    struct world *w = *state;
    struct yg_import im = good(w,
                               "\xef\xbb\xbf"
                               "IP Address;Name;Role;Owner;Criticality;Software\r\n"
                               "192.0.2.7;\"shop; \"\"front\"\"\";web;ops;critical;"
                               "\"nginx 1.18.0; cpe:2.3:a:openssl:openssl:1.1.1:*:*:*:*:"
                               "*:*:*\"\r\n"
                               "\r\n"
                               "192.0.2.0/24;lab;;;2;\r\n"
                               "192.0.2.7;;;;;curl v8.1\r\n",
                               NULL);

    assert_string_equal(im.kind, "inventory");
    assert_int_equal(im.count, 2);
    assert_text(im.row[0].name, "shop; \"front\"");
    assert_int_equal(im.row[0].criticality, 4);
    assert_int_equal(im.row[0].software_count, 3);
    assert_text(im.row[0].software[0].product, "nginx");
    assert_text(im.row[0].software[0].version, "1.18.0");
    assert_text(im.row[0].software[1].vendor, "openssl");
    assert_text(im.row[0].software[1].version, "1.1.1");
    assert_text(im.row[0].software[2].version, "v8.1");
    assert_text(im.row[1].subject, "192.0.2.0/24");
    assert_int_equal(im.row[1].criticality, 2);
    assert_null(im.row[1].software);

    im = good(w, "hostname,product,version,vendor\nweb1,nginx,1.18,F5\nweb1,redis,7,\n",
              NULL);
    assert_true(im.count == 1 && im.row[0].software_count == 2);
    assert_text(im.row[0].software[0].vendor, "F5");
    im = good(w, "host\tfqdn\n192.0.2.7\tweb1.example\n", NULL);
    assert_text(im.row[0].subject, "192.0.2.7");
    assert_text(im.row[0].name, "web1.example");
}

static void reports_of_scanners(void **state)
{
    static const struct {
        const char *what, *text, *scanner, *severity, *why;
        enum yg_finding_state state;
        int64_t seen_ns;
    } c[] = {
        { "nessus",
          "Plugin ID,CVE,CVSS v2.0 Base Score,Risk,Host,Protocol,Port,Name,Synopsis\n"
          "19506,,,None,192.0.2.7,tcp,0,Scan Information,\"two\nlines\"\n"
          "156032,CVE-2021-44228,9.3,Critical,192.0.2.7,tcp,443,Log4Shell,x\n",
          "nessus", "Critical", "Log4Shell", YG_FINDING_VULNERABLE, T0 },
        { "openvas",
          "IP,Hostname,Port,Port Protocol,CVSS,Severity,QoD,Solution Type,NVT Name,"
          "Summary,Specific Result,NVT OID,CVEs,Task ID,Task Name,Timestamp\n"
          "192.0.2.7,web1,443,tcp,10.0,High,80,VendorFix,Log4Shell,s,r,1.3.6.1,"
          "\"CVE-2021-44228\",t,n,2023-11-01T00:00:00Z\n",
          "openvas", "High", "Log4Shell", YG_FINDING_VULNERABLE,
          INT64_C(1698796800) * SECOND },
        { "qualys",
          "IP,DNS,NetBIOS,OS,QID,Title,Vuln Status,Type,Severity,Last Detected,CVE ID\n"
          "192.0.2.7,web1,,Linux,376157,Log4Shell,Fixed,Vuln,5,11/01/2023 00:00:00,"
          "CVE-2021-44228\n",
          "qualys", "5", "Log4Shell", YG_FINDING_FIXED, INT64_C(1698796800) * SECOND },
        { "insightvm",
          "Asset IP Address,Asset Names,Vulnerability Title,Vulnerability CVE IDs,"
          "Vulnerability Severity Level\n"
          "192.0.2.7,web1,Log4Shell,\"CVE-2021-44228,GHSA-1\",9\n",
          "insightvm", "9", "Log4Shell", YG_FINDING_VULNERABLE, T0 },
        { "ours",
          "address,cve,state,scanner,reason\n"
          "192.0.2.7,cve_2021_44228,Not Affected,hand,x\n",
          "hand", "", "", YG_FINDING_NOT_AFFECTED, T0 },
    };
    struct world *w = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        const struct yg_import im = good(w, c[i].text, NULL);
        assert_string_equal(im.kind, "scanner's report");
        if (im.count != 1 || im.findings != 1)
            fail_msg("%s: %zu, %d", c[i].what, im.count, (int)im.findings);
        const struct yg_finding *f = im.row[0].finding;
        assert_text(f->scanner, c[i].scanner);
        assert_text(f->severity, c[i].severity);
        assert_text(f->why, c[i].why);
        if (f->state != c[i].state || f->seen_ns != c[i].seen_ns)
            fail_msg("%s: %d %lld", c[i].what, f->state, (long long)f->seen_ns);
        assert_int_equal(im.passed, i == 0);
    }
}

static void json(void **state)
{
    struct world *w = *state;
    struct yg_import im = good(
        w,
        "{\"x\":[1,{\"y\":2}],\"assets\":[{\"subject\":\"192.0.2.7\",\"name\":"
        "\"sh\\u006fp\",\"criticality\":3,\"software\":[\"nginx 1.18\",{\"product\":"
        "\"redis\",\"version\":\"7\"},{\"cpe\":\"cpe:2.3:a:f5:nginx:1:*:*:*:*:*:*:*\"}],"
        "\"vulnerabilities\":[{\"cve\":\"CVE-2021-44228\",\"state\":\"fixed\","
        "\"scanner\":\"a\",\"seen\":\"2023-11-01T00:00:00Z\"},\"CVE-2021-45046\"]},"
        "{\"host\":\"web1\",\"software\":[]}]}",
        NULL);

    assert_int_equal(im.count, 2);
    assert_text(im.row[0].name, "shop");
    assert_true(im.row[0].criticality == 3 && im.row[0].software_count == 3);
    assert_text(im.row[0].software[2].product, "nginx");
    assert_true(im.row[0].findings == 2);
    assert_int_equal(im.row[0].finding[0].state, YG_FINDING_FIXED);
    assert_int_equal(im.row[0].finding[1].state, YG_FINDING_VULNERABLE);
    assert_true(im.row[1].software && im.row[1].software_count == 0);
    im = good(w, "[{\"ip\":\"192.0.2.7\"}]", NULL);
    assert_int_equal(im.count, 1);
}

static void vex(void **state)
{
    static const char openvex[] =
        "{\"@context\":\"https://openvex.dev/ns/v0.2.0\",\"timestamp\":"
        "\"2023-11-01T00:00:00Z\",\"statements\":["
        "{\"vulnerability\":{\"name\":\"CVE-2021-44228\"},\"products\":[{\"@id\":\"x\"}],"
        "\"status\":\"not_affected\",\"justification\":\"component_not_present\"},"
        "{\"vulnerability\":\"CVE-2021-45046\",\"status\":\"under_investigation\"},"
        "{\"vulnerability\":{\"name\":\"GHSA-x\"},\"status\":\"fixed\"}]}";
    static const char cyclone[] =
        "{\"bomFormat\":\"CycloneDX\",\"metadata\":{\"timestamp\":\"2023-11-01T00:00:"
        "00Z\"},"
        "\"vulnerabilities\":[{\"id\":\"CVE-2021-44228\",\"source\":{\"name\":\"NVD\"},"
        "\"analysis\":{\"state\":\"resolved\",\"detail\":\"2.17\"},\"affects\":[{\"ref\":"
        "\"y\"}]},{\"id\":\"CVE-2021-45046\",\"analysis\":{\"state\":\"exploitable\"}}]}";
    struct world *w = *state;
    struct yg_import im = good(w, openvex, "192.0.2.7");

    assert_string_equal(im.kind, "VEX");
    assert_true(im.count == 1 && im.findings == 2 && im.passed == 1);
    assert_int_equal(im.row[0].finding[0].state, YG_FINDING_NOT_AFFECTED);
    assert_text(im.row[0].finding[0].why, "component_not_present");
    assert_true(im.row[0].finding[0].seen_ns == INT64_C(1698796800) * SECOND);
    assert_int_equal(im.row[0].finding[1].state, YG_FINDING_UNDECIDED);
    im = good(w, cyclone, "web1");
    assert_int_equal(im.row[0].finding[0].state, YG_FINDING_FIXED);
    assert_int_equal(im.row[0].finding[1].state, YG_FINDING_VULNERABLE);
    assert_status(YG_EFORMAT, read_text(w, cyclone, NULL, &im));
}

static void what_is_wrong_is_told_by_line(void **state)
{
    static const struct {
        const char *text;
        int line;
        const char *what;
    } c[] = {
        { "", 1, "no asset" },
        { "name,role\nx,y\n", 1, "no column is called address" },
        { "address\n300.0.0.1/8\n", 2, "300.0.0.1/8" },
        { "address,name\n192.0.2.1,\"a\nb\"\n192.0.2.2,b\n", 2, "visible text" },
        { "address,name\n192.0.2.1,a\n,b\n", 3, "names no address" },
        { "address,criticality\n192.0.2.1,7\n", 2, "criticality is" },
        { "address,name\n192.0.2.1,\"a\n", 2, "does not close" },
        { "address,name\n192.0.2.1,\"a\"b\n", 2, "does not close" },
        { "ip,cve,state\n192.0.2.1,CVE-2021-44228,perhaps\n", 2, "perhaps" },
        { "ip,cve\n192.0.2.1,CVE-21\n", 2, "is no CVE" },
        { "ip,cve,seen\n192.0.2.1,CVE-2021-44228,yesterday\n", 2, "its time is none" },
        { "{\"assets\":[\n{\"subject\":\"192.0.2.1\"},\n{\"subject\":\"a b\"}]}", 3,
          "a b" },
        { "{\"assets\":[{\"subject\":\"192.0.2.1\"}", 1, "is no JSON" },
        { "{\"assets\":3}", 1, "assets is a list" },
        { "{\"assets\":[3]}", 1, "an asset is an object" },
        { "{\"else\":[]}", 1, "it has no assets" },
        { "[{\"ip\":\"192.0.2.1\",\"vulnerabilities\":[\"x\"]}]", 1, "is no CVE" },
        { "[{\"ip\":\"192.0.2.1\",\"software\":[{\"product\":\"\\u001b\"}]}]", 1,
          "visible" },
        { "[", 1, "is no JSON" },
        { "[] x", 1, "" },
    };
    struct world *w = *state;

    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        struct yg_import im;
        enum yg_status st = read_text(w, c[i].text, NULL, &im);
        if (st != YG_EFORMAT || im.problems == 0 || im.problem[0].line != c[i].line ||
            !strstr(im.problem[0].what, c[i].what))
            fail_msg("%s: %s, line %d: %s", c[i].text, yg_status_name(st),
                     im.problem[0].line, im.problem[0].what);
    }
    struct yg_import im;
    struct yg_buf many;
    yg_buf_init(&many, 1 << 20);
    yg_buf_printf(&many, "address\n");
    for (int i = 0; i < 100; i++)
        yg_buf_printf(&many, "a b\n");
    assert_status(YG_EFORMAT, read_text(w, yg_buf_cstr(&many), NULL, &im));
    assert_int_equal(im.problems, YG_IMPORT_PROBLEMS);
    yg_buf_clear(&many);
    yg_buf_printf(&many, "address\n");
    for (int i = 0; i <= YG_IMPORT_ASSETS; i++)
        yg_buf_printf(&many, "h%d\n", i);
    assert_status(YG_ELIMIT, read_text(w, yg_buf_cstr(&many), NULL, &im));
    yg_buf_fini(&many);
}

static void titles_are_made_visible(void **state)
{
    struct world *w = *state;
    struct yg_buf text;

    yg_buf_init(&text, 4 << 20);
    for (size_t i = 0; hostile(i).n > 0; i++) {
        yg_buf_clear(&text);
        yg_buf_printf(&text, "ip,cve,plugin name\n192.0.2.1,CVE-2021-44228,");
        yg_buf_str_add(&text, hostile(i));
        const struct yg_import_ask ask = { .tenant = ACME, .data = yg_buf_str(&text) };
        struct yg_import im;
        assert_ok(w, yg_import(w->d, &w->kim, &ask, &w->arena, &im, &w->err));
        assert_true(im.findings == 1 && im.row[0].finding[0].why.n <= 300);
    }
    yg_buf_fini(&text);
}

static void nothing_is_half_imported(void **state)
{
    struct world *w = *state;
    const struct yg_desk_ask list = { .limit = 10 };
    struct yg_import_ask ask = { .tenant = ACME,
                                 .data = YG_STR("address\n192.0.2.1\n192.0.2.2\na b\n"),
                                 .name = YG_STR("hosts\x1b.csv") };
    struct yg_assets a;
    struct yg_import im;

    assert_status(YG_EFORMAT, yg_import(w->d, &w->kim, &ask, &w->arena, &im, &w->err));
    ask.data = YG_STR("address\n192.0.2.1\n192.0.2.2\n");
    assert_status(YG_ENOTFOUND,
                  yg_import(w->d, &w->other, &ask, &w->arena, &im, &w->err));
    assert_ok(w, yg_asset_list(w->d, &w->all, &list, &w->arena, &a, &w->err));
    assert_int_equal(a.count, 0);
    assert_ok(w, yg_import(w->d, &w->kim, &ask, &w->arena, &im, &w->err));
    assert_ok(w, yg_asset_list(w->d, &w->kim, &list, &w->arena, &a, &w->err));
    assert_int_equal(a.count, 2);
    assert_text(a.row[0].source, "import: hosts\\x1b.csv");
}

static void what_is_exported_reads_back(void **state)
{
    struct world *w = *state;
    struct yg_import_ask ask = {
        .tenant = ACME,
        .data = YG_STR("address,name,role,criticality,software\n"
                       "192.0.2.1,\"=HYPERLINK(\"\"x\"\")\",@role,4,nginx 1.18; redis\n"
                       "web1,\"a, b\",,,\n")
    };
    struct yg_import im;
    struct yg_buf out;

    yg_buf_init(&out, 1 << 20);
    assert_ok(w, yg_import(w->d, &w->kim, &ask, &w->arena, &im, &w->err));
    assert_ok(w, yg_asset_csv(w->d, &w->kim, ACME, &out, &w->err));
    assert_text(yg_buf_str(&out),
                "tenant,subject,name,role,owner,criticality,software,vulnerable_to\r\n"
                "acme,web1,\"a, b\",,,,,0\r\n"
                "acme,192.0.2.1,\"'=HYPERLINK(\"\"x\"\")\",\"'@role\",,4,"
                "\"nginx 1.18; redis\",0\r\n");
    ask.data = yg_buf_str(&out);
    assert_ok(w, yg_import(w->d, &w->kim, &ask, &w->arena, &im, &w->err));
    assert_int_equal(im.count, 2);
    assert_int_equal(im.row[1].software_count, 2);
    yg_buf_clear(&out);
    assert_ok(w, yg_asset_csv(w->d, &w->other, YG_STR_NONE, &out, &w->err));
    assert_null(strstr(yg_buf_cstr(&out), "acme"));
    assert_status(YG_ENOTFOUND, yg_asset_csv(w->d, &w->other, ACME, &out, &w->err));
    yg_buf_fini(&out);
}

static void cells_are_no_formulas(void **state)
{
    static const struct {
        const char *text, *want;
    } c[] = {
        { "", "" },
        { "plain", "plain" },
        { "=1", "\"'=1\"" },
        { "+1", "\"'+1\"" },
        { "-1", "\"'-1\"" },
        { "@x", "\"'@x\"" },
        { " =1", "\"' =1\"" },
        { "\t=1", "\"'\t=1\"" },
        { "a,b", "\"a,b\"" },
        { "a\"b", "\"a\"\"b\"" },
        { "a\nb", "\"a\nb\"" },
        { "\xef\xbc\x9d"
          "1",
          "\"'\xef\xbc\x9d"
          "1\"" },
    };

    (void)state;
    for (size_t i = 0; i < YG_ARRAY_LEN(c); i++) {
        struct yg_buf b;
        yg_buf_init(&b, 100);
        yg_csvw_cell(&b, true, yg_str_of(c[i].text));
        assert_text(yg_buf_str(&b), c[i].want);
        yg_buf_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest cases[] = {
        CASE(inventories_read),
        CASE(reports_of_scanners),
        CASE(json),
        CASE(vex),
        CASE(what_is_wrong_is_told_by_line),
        CASE(titles_are_made_visible),
        CASE(nothing_is_half_imported),
        CASE(what_is_exported_reads_back),
        cmocka_unit_test(cells_are_no_formulas),
    };

    return run_cases("desk_import", cases, YG_ARRAY_LEN(cases));
}
