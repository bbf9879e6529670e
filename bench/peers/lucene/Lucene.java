import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.core.WhitespaceAnalyzer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.document.BinaryDocValuesField;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.BinaryDocValues;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.PhraseQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.BytesRef;

/**
 * The Lucene driver of the benchmark. bench/README.md has the protocol.
 *
 * <p>terms: WhitespaceAnalyzer over terms made beforehand. raw: EnglishAnalyzer without
 * stop words, the text stored. Positions on, BM25Similarity(1.2, 0.75), ids as doc values.
 */
public final class Lucene {
  private static final String FIELD = "text";

  public static void main(String[] args) throws IOException {
    if (args.length == 3 && args[0].equals("index")) {
      index(args[1].equals("raw"), Path.of(args[2]));
    } else if (args.length == 2 && args[0].equals("compact")) {
      compact(Path.of(args[1]));
    } else if (args.length == 2 && args[0].equals("serve")) {
      serve(Path.of(args[1]));
    } else if (args.length == 1 && args[0].equals("version")) {
      System.out.println(
          "Lucene " + org.apache.lucene.util.Version.LATEST + ", Java " + Runtime.version());
    } else {
      System.err.println(
          "usage: lucene index terms|raw DIRECTORY | compact DIRECTORY | serve DIRECTORY | version");
      System.exit(2);
    }
  }

  private static BufferedReader input() {
    return new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 16);
  }

  private static void index(boolean raw, Path dir) throws IOException {
    Analyzer analyzer =
        raw ? new EnglishAnalyzer(CharArraySet.EMPTY_SET) : new WhitespaceAnalyzer();
    IndexWriterConfig config =
        new IndexWriterConfig(analyzer)
            .setOpenMode(IndexWriterConfig.OpenMode.CREATE)
            .setRAMBufferSizeMB(256);
    try (FSDirectory directory = FSDirectory.open(dir);
        IndexWriter writer = new IndexWriter(directory, config)) {
      BufferedReader in = input();
      for (String line; (line = in.readLine()) != null; ) {
        int tab = line.indexOf('\t');
        String text = line.substring(tab + 1);
        Document doc = new Document();
        doc.add(new BinaryDocValuesField("id", new BytesRef(line.substring(0, tab))));
        doc.add(new TextField(FIELD, text, Field.Store.NO));
        if (raw) {
          doc.add(new StoredField("body", text));
        }
        writer.addDocument(doc);
      }
      writer.commit();
    }
  }

  private static void compact(Path dir) throws IOException {
    try (FSDirectory directory = FSDirectory.open(dir);
        IndexWriter writer =
            new IndexWriter(directory, new IndexWriterConfig(new WhitespaceAnalyzer()))) {
      writer.forceMerge(1);
      writer.commit();
    }
  }

  private static Query build(String mode, String words) {
    String[] terms = words.split(" ");
    if (terms.length == 1) {
      return new TermQuery(new Term(FIELD, terms[0]));
    }
    if (mode.equals("phrase")) {
      return new PhraseQuery(FIELD, terms);
    }
    BooleanQuery.Builder query = new BooleanQuery.Builder();
    Occur occur = mode.equals("and") ? Occur.MUST : Occur.SHOULD;
    for (String term : terms) {
      query.add(new TermQuery(new Term(FIELD, term)), occur);
    }
    return query.build();
  }

  private static List<String> ids(IndexSearcher searcher, ScoreDoc[] hits) throws IOException {
    List<String> ids = new ArrayList<>(hits.length);
    List<LeafReaderContext> leaves = searcher.getIndexReader().leaves();
    for (ScoreDoc hit : hits) {
      LeafReaderContext leaf = leaves.get(ReaderUtil.subIndex(hit.doc, leaves));
      BinaryDocValues values = leaf.reader().getBinaryDocValues("id");
      if (values.advanceExact(hit.doc - leaf.docBase)) {
        ids.add(values.binaryValue().utf8ToString());
      }
    }
    return ids;
  }

  private static void serve(Path dir) throws IOException {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    try (DirectoryReader reader = DirectoryReader.open(FSDirectory.open(dir))) {
      IndexSearcher searcher = new IndexSearcher(reader);
      searcher.setQueryCache(null);
      BufferedReader in = input();
      for (String line; (line = in.readLine()) != null; ) {
        String[] parts = line.split("\t", 3);
        int k = Integer.parseInt(parts[1]);
        long start = System.nanoTime();
        Query query = build(parts[0], parts[2]);
        long total;
        List<String> ids = List.of();
        if (k == 0) {
          total = searcher.count(query);
        } else {
          ids = ids(searcher, searcher.search(query, k).scoreDocs);
          total = ids.size();
        }
        long took = System.nanoTime() - start;
        out.println(took + "\t" + total + "\t" + String.join("\t", ids));
        out.flush();
      }
    }
  }
}
