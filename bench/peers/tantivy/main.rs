//! The Tantivy driver of the benchmark. bench/README.md has the protocol.
//!
//!     tantivy index terms|raw DIRECTORY < tsv
//!     tantivy compact DIRECTORY
//!     tantivy serve DIRECTORY
//!
//! terms: whitespace tokenizer over terms made beforehand. raw: en_stem, the text
//! stored. Positions on, BM25 as Tantivy has it (1.2, 0.75). Ids are stored, with terms
//! uncompressed: ten of them cost 6 us there, and 400 in a text fast field.

use std::io::{self, BufRead, Write};
use std::time::Instant;

use tantivy::collector::{Count, TopDocs};
use tantivy::query::{BooleanQuery, Occur, PhraseQuery, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions, Value};
use tantivy::store::Compressor;
use tantivy::{Index, IndexSettings, IndexWriter, Searcher, TantivyDocument, Term};

const MEMORY: usize = 256 << 20;

fn schema(raw: bool) -> Schema {
    let mut builder = Schema::builder();
    builder.add_text_field("id", TextOptions::default().set_stored());
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(if raw { "en_stem" } else { "whitespace" })
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let text = TextOptions::default().set_indexing_options(indexing);
    builder.add_text_field("text", if raw { text.set_stored() } else { text });
    builder.build()
}

fn index(raw: bool, dir: &str) -> tantivy::Result<()> {
    std::fs::create_dir_all(dir)?;
    let mut settings = IndexSettings::default();
    if !raw {
        settings.docstore_compression = Compressor::None;
    }
    let index = Index::builder().schema(schema(raw)).settings(settings).create_in_dir(dir)?;
    let (id, text) = (index.schema().get_field("id")?, index.schema().get_field("text")?);
    let mut writer: IndexWriter = index.writer_with_num_threads(1, MEMORY)?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (name, body) = line.split_once('\t').expect("id, tab, text");
        let mut doc = TantivyDocument::new();
        doc.add_text(id, name);
        doc.add_text(text, body);
        writer.add_document(doc)?;
    }
    writer.commit()?;
    writer.wait_merging_threads()
}

fn compact(dir: &str) -> tantivy::Result<()> {
    let index = Index::open_in_dir(dir)?;
    let segments = index.searchable_segment_ids()?;
    let mut writer: IndexWriter = index.writer_with_num_threads(1, MEMORY)?;
    if segments.len() > 1 {
        writer.merge(&segments).wait()?;
    }
    writer.garbage_collect_files().wait()?;
    writer.wait_merging_threads()
}

fn build(field: Field, mode: &str, words: &str) -> Box<dyn Query> {
    let mut terms: Vec<Term> = words.split(' ').map(|w| Term::from_field_text(field, w)).collect();
    if terms.len() == 1 {
        return Box::new(TermQuery::new(terms.remove(0), IndexRecordOption::WithFreqs));
    }
    if mode == "phrase" {
        return Box::new(PhraseQuery::new(terms));
    }
    let occur = if mode == "and" { Occur::Must } else { Occur::Should };
    let clauses = terms.into_iter().map(|term| {
        let query: Box<dyn Query> = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
        (occur, query)
    });
    Box::new(BooleanQuery::new(clauses.collect()))
}

fn best(searcher: &Searcher, id: Field, query: &dyn Query, k: usize) -> tantivy::Result<Vec<String>> {
    let mut ids = Vec::with_capacity(k);
    for (_, at) in searcher.search(query, &TopDocs::with_limit(k).order_by_score())? {
        let doc: TantivyDocument = searcher.doc(at)?;
        ids.extend(doc.get_first(id).and_then(|v| v.as_str()).map(String::from));
    }
    Ok(ids)
}

fn serve(dir: &str) -> tantivy::Result<()> {
    let index = Index::open_in_dir(dir)?;
    let (id, field) = (index.schema().get_field("id")?, index.schema().get_field("text")?);
    let searcher = index.reader()?.searcher();
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let mut parts = line.splitn(3, '\t');
        let (mode, k, words) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        let k: usize = k.parse().expect("a number");
        let start = Instant::now();
        let query = build(field, mode, words);
        let (total, ids) = if k == 0 {
            (searcher.search(&*query, &Count)?, Vec::new())
        } else {
            let ids = best(&searcher, id, &*query, k)?;
            (ids.len(), ids)
        };
        let took = start.elapsed().as_nanos();
        writeln!(out, "{took}\t{total}\t{}", ids.join("\t"))?;
        out.flush()?;
    }
    Ok(())
}

fn main() -> tantivy::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["index", kind, dir] => index(kind == "raw", dir),
        ["compact", dir] => compact(dir),
        ["serve", dir] => serve(dir),
        ["version"] => {
            println!("{}", tantivy::version_string());
            Ok(())
        }
        _ => {
            eprintln!("usage: tantivy index terms|raw DIRECTORY | compact DIRECTORY | serve DIRECTORY | version");
            std::process::exit(2)
        }
    }
}
