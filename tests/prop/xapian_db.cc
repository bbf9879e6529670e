/* xapian_db.cc - see xapian_db.h. */
#include "xapian_db.h"

#include <xapian.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <vector>

namespace {

struct directory {
    std::filesystem::path path = std::filesystem::temp_directory_path() / "aq-xapian-XXXXXX";

    directory()
    {
        std::string name = path;
        if (!mkdtemp(name.data()))
            throw std::runtime_error("no temporary directory");
        path = name;
    }
    ~directory()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
};

} // namespace

/* On disk: in libxapian 1.4.22 the database in memory may answer a query otherwise when it is
 * asked again. */
struct xapian_db {
    directory dir;
    Xapian::WritableDatabase db{dir.path, Xapian::DB_CREATE_OR_OPEN | Xapian::DB_NO_SYNC};
    Xapian::Document document;
    std::vector<Xapian::Query> queries;

    xapian_query keep(const Xapian::Query &q)
    {
        queries.push_back(q);
        return static_cast<xapian_query>(queries.size() - 1);
    }
};

xapian_db *xapian_new(void)
{
    return new xapian_db;
}

void xapian_free(xapian_db *db)
{
    delete db;
}

void xapian_begin(xapian_db *db)
{
    db->document = Xapian::Document();
}

void xapian_posting(xapian_db *db, const char *term, uint32_t position, uint32_t wdf)
{
    db->document.add_posting(term, position, wdf);
}

void xapian_end(xapian_db *db)
{
    db->db.add_document(db->document);
}

xapian_query xapian_term(xapian_db *db, const char *term)
{
    return db->keep(Xapian::Query(term));
}

xapian_query xapian_scale(xapian_db *db, xapian_query q, double factor)
{
    return db->keep(Xapian::Query(Xapian::Query::OP_SCALE_WEIGHT, db->queries[q], factor));
}

xapian_query xapian_everything(xapian_db *db)
{
    return db->keep(Xapian::Query(Xapian::Query::OP_SCALE_WEIGHT, Xapian::Query::MatchAll, 0));
}

xapian_query xapian_join(xapian_db *db, xapian_op op, const xapian_query *from, size_t count, uint32_t window)
{
    static const Xapian::Query::op ops[] = {
        Xapian::Query::OP_AND,    Xapian::Query::OP_OR,   Xapian::Query::OP_AND_NOT, Xapian::Query::OP_AND_MAYBE,
        Xapian::Query::OP_FILTER, Xapian::Query::OP_NEAR, Xapian::Query::OP_PHRASE,  Xapian::Query::OP_MAX};
    std::vector<Xapian::Query> parts;
    for (size_t i = 0; i < count; i++)
        parts.push_back(db->queries[from[i]]);
    if (count == 1)
        return db->keep(parts[0]);
    return db->keep(Xapian::Query(ops[op], parts.begin(), parts.end(), window));
}

void xapian_forget(xapian_db *db)
{
    db->queries.clear();
}

void xapian_search(xapian_db *db, xapian_query q, double k1, double b, double least_length, double *weights)
{
    Xapian::Enquire enquire(db->db);
    enquire.set_weighting_scheme(Xapian::BM25Weight(k1, 0, 1, b, least_length));
    enquire.set_query(db->queries[q]);
    for (Xapian::doccount i = 0; i <= db->db.get_lastdocid(); i++)
        weights[i] = -1;
    Xapian::MSet found = enquire.get_mset(0, db->db.get_doccount());
    for (Xapian::MSetIterator i = found.begin(); i != found.end(); ++i)
        weights[*i] = i.get_weight();
}
