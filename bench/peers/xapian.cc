/* xapian.cc - the Xapian driver of the benchmark. bench/README.md has the protocol.
 *
 *   xapian index terms|raw DIRECTORY < tsv
 *   xapian compact DIRECTORY
 *   xapian serve DIRECTORY
 *
 * terms: postings with positions and the id as document data. raw: Xapian's own
 * English analysis (stems at word positions, STEM_ALL: no unstemmed forms beside
 * them), and the text as document data. Glass, one database. */
#include <xapian.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace {

const Xapian::doccount flush_threshold = 200000; /* documents a flush, about 256 MB; the default is 10,000 */

std::vector<std::string> split(const std::string &words)
{
    std::istringstream in(words);
    std::vector<std::string> out;
    for (std::string word; in >> word;)
        if (word.size() <= 240) /* Xapian's bound for a term is 245 */
            out.push_back(word);
    return out;
}

int index(const std::string &kind, const std::string &dir)
{
    int termlists = kind == "raw" ? 0 : Xapian::DB_NO_TERMLIST; /* only deleting needs them */
    Xapian::WritableDatabase db(dir, Xapian::DB_CREATE_OR_OVERWRITE | termlists);
    Xapian::TermGenerator generator;
    generator.set_stemmer(Xapian::Stem("english"));
    generator.set_stemming_strategy(Xapian::TermGenerator::STEM_ALL);
    Xapian::doccount waiting = 0;
    for (std::string line; std::getline(std::cin, line);) {
        size_t tab = line.find('\t');
        if (tab == std::string::npos)
            return 2;
        std::string text = line.substr(tab + 1);
        Xapian::Document doc;
        if (kind == "raw") {
            generator.set_document(doc);
            generator.index_text(text);
            doc.set_data(line);
        } else {
            Xapian::termpos position = 0;
            for (const std::string &term : split(text))
                doc.add_posting(term, ++position);
            doc.set_data(line.substr(0, tab));
        }
        db.add_document(doc);
        if (++waiting == flush_threshold) {
            db.commit();
            waiting = 0;
        }
    }
    db.commit();
    return 0;
}

Xapian::Query build(const std::string &mode, const std::string &words)
{
    std::vector<std::string> terms = split(words);
    if (mode == "phrase" && terms.size() > 1)
        return Xapian::Query(Xapian::Query::OP_PHRASE, terms.begin(), terms.end(), terms.size());
    Xapian::Query::op op = mode == "and" ? Xapian::Query::OP_AND : Xapian::Query::OP_OR;
    return Xapian::Query(op, terms.begin(), terms.end());
}

void answer(const Xapian::Database &db, const std::string &mode, Xapian::doccount k, const std::string &words)
{
    auto start = std::chrono::steady_clock::now();
    Xapian::Enquire enquire(db);
    enquire.set_query(build(mode, words));
    enquire.set_weighting_scheme(Xapian::BM25Weight(1.2, 0, 1, 0.75, 0.25));
    Xapian::MSet mset = enquire.get_mset(0, k, k ? 0 : db.get_doccount());
    std::string ids;
    for (Xapian::MSetIterator i = mset.begin(); i != mset.end(); ++i)
        ids += (ids.empty() ? "" : "\t") + i.get_document().get_data();
    auto took = std::chrono::steady_clock::now() - start;
    std::cout << std::chrono::duration_cast<std::chrono::nanoseconds>(took).count() << '\t'
              << mset.get_matches_estimated() << '\t' << ids << std::endl;
}

int serve(const std::string &dir)
{
    Xapian::Database db(dir);
    for (std::string line; std::getline(std::cin, line);) {
        size_t first = line.find('\t'), second = line.find('\t', first + 1);
        if (second == std::string::npos)
            return 2;
        answer(db, line.substr(0, first), static_cast<Xapian::doccount>(std::stoul(line.substr(first + 1))),
               line.substr(second + 1));
    }
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    const std::vector<std::string> args(argv + 1, argv + argc);
    setenv("XAPIAN_FLUSH_THRESHOLD", std::to_string(flush_threshold + 1).c_str(), 1);
    try {
        if (args.size() == 3 && args[0] == "index")
            return index(args[1], args[2]);
        if (args.size() == 2 && args[0] == "compact") {
            Xapian::Database(args[1]).compact(args[1] + ".compact");
            return 0;
        }
        if (args.size() == 2 && args[0] == "serve")
            return serve(args[1]);
        if (args.size() == 1 && args[0] == "version") {
            std::cout << "Xapian " << Xapian::version_string() << std::endl;
            return 0;
        }
    } catch (const Xapian::Error &e) {
        std::cerr << "xapian: " << e.get_description() << '\n';
        return 1;
    }
    std::cerr << "usage: xapian index terms|raw DIRECTORY | compact DIRECTORY | serve DIRECTORY | version\n";
    return 2;
}
