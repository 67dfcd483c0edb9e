//! The manual pages: what clap knows of the two programs, and documents of `docs` as roff.
//!
//! A document begins with a heading `NAME(SECTION): what it is`. It knows the Markdown that they
//! use: headings, paragraphs, code, lists of terms and of points, tables. A row of a table becomes
//! a term with what is said of it, which a narrow terminal shows better than columns.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use roff::{Inline, Roff, bold, italic, roman};

use super::arguments::Arguments;

/// Pages of their own.
const DOCUMENTS: [&str; 2] = [include_str!("../../docs/i3pm.toml.5.md"), include_str!("../../docs/protocol.md")];
/// What the page of the daemon says beside its options.
const DAEMON: &str = include_str!("../../docs/i3pmd.8.md");
/// Name and section of every page but those of single commands.
const PAGES: [(&str, &str); 4] = [("i3pm", "1"), ("i3pm.toml", "5"), ("i3pm-ipc", "7"), ("i3pmd", "8")];

/// Write every page into `man1`, `man5`, `man7` and `man8` of a directory, which are made if
/// they are missing.
///
/// # Errors
/// A page cannot be written.
pub fn write(directory: &Path, daemon: Command) -> io::Result<()> {
    let pages = |section: &str| -> io::Result<PathBuf> {
        let pages = directory.join(format!("man{section}"));
        fs::create_dir_all(&pages)?;
        Ok(pages)
    };
    let programs = pages("1")?;
    clap_mangen::generate_to(Arguments::command(), &programs)?;
    fs::OpenOptions::new().append(true).open(programs.join("i3pm.1"))?.write_all(see_also("i3pm").as_bytes())?;

    for document in DOCUMENTS {
        let page = Page::read(document);
        fs::write(
            pages(page.section)?.join(page.file()),
            format!("{}{}{}", page.head(), page.body, see_also(page.name)),
        )?;
    }

    let page = Page::read(DAEMON);
    let man = Man::new(daemon).section(page.section);
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    text.extend(page.body.as_bytes());
    man.render_options_section(&mut text)?;
    text.extend(see_also(page.name).as_bytes());
    fs::write(pages(page.section)?.join(page.file()), text)
}

/// The last section of a page: the others.
fn see_also(name: &str) -> String {
    let mut text = Vec::new();
    for (other, section) in PAGES.into_iter().filter(|(other, _)| *other != name) {
        if !text.is_empty() {
            text.push(roman(", "));
        }
        text.extend([bold(other), roman(format!("({section})"))]);
    }
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]).text(text);
    roff.render()
}

/// A document as a page.
struct Page<'d> {
    name: &'d str,
    section: &'d str,
    about: &'d str,
    body: String,
}

impl Page<'_> {
    fn read(document: &str) -> Page<'_> {
        let (heading, rest) = document.split_once('\n').unwrap_or((document, ""));
        let (page, about) = heading.trim_start_matches("# ").split_once("): ").unwrap_or((heading, ""));
        let (name, section) = page.split_once('(').unwrap_or((page, "7"));
        let mut body = Body::default();
        body.roff.control("SH", ["DESCRIPTION"]);
        Parser::new_ext(rest, Options::ENABLE_TABLES | Options::ENABLE_DEFINITION_LIST)
            .for_each(|event| body.take(event));
        Page { name, section, about, body: body.roff.render() }
    }

    fn file(&self) -> String {
        format!("{}.{}", self.name, self.section)
    }

    fn head(&self) -> String {
        let source = format!("i3pm {}", crate::VERSION);
        let mut roff = Roff::new();
        roff.control("TH", [self.name, self.section, "", source.as_str()]);
        roff.control("SH", ["NAME"]).text([roman(format!("{} - {}", self.name, self.about))]);
        roff.render()
    }
}

/// What has been made of a document so far.
#[derive(Default)]
struct Body {
    roff: Roff,
    /// The text that is being read.
    text: Vec<Inline>,
    /// How emphasised text is set, the innermost emphasis last.
    fonts: Vec<fn(String) -> Inline>,
    /// For each list that is open: whether its item has begun, and no paragraph of it has ended.
    fresh: Vec<bool>,
    /// The cells of the head of a table, and of the row that is being read.
    head: Vec<Vec<Inline>>,
    row: Vec<Vec<Inline>>,
    is_code: bool,
}

impl Body {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.begin(&tag),
            Event::End(tag) => self.end(tag),
            // As it stands, line by line.
            Event::Text(text) if self.is_code => {
                for line in text.lines() {
                    self.roff.text([roman(line)]);
                }
            }
            Event::Text(text) => {
                let font = self.fonts.last().copied().unwrap_or(roman);
                self.text.push(font(text.into_string()));
            }
            Event::Code(text) => self.text.push(bold(text.into_string())),
            Event::SoftBreak | Event::HardBreak => self.text.push(roman("\n")),
            _ => {}
        }
    }

    fn begin(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Paragraph if self.fresh.is_empty() => self.control("PP", &[]),
            Tag::Paragraph if self.fresh.last() == Some(&false) => self.control("IP", &[]),
            Tag::CodeBlock(_) => {
                self.is_code = true;
                self.control("PP", &[]);
                self.control("RS", &["4"]);
                self.control("EX", &[]);
            }
            Tag::Item => {
                self.control("IP", &["\\(bu", "2"]);
                self.fresh.push(true);
            }
            Tag::DefinitionListTitle => self.control("TP", &[]),
            Tag::DefinitionListDefinition => self.fresh.push(true),
            Tag::Emphasis => self.fonts.push(italic),
            Tag::Strong => self.fonts.push(bold),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => {
                let title: String = self.text.drain(..).map(plain).collect();
                match level {
                    HeadingLevel::H2 => self.control("SH", &[&title.to_uppercase()]),
                    _ => self.control("SS", &[&title]),
                }
            }
            TagEnd::Paragraph => {
                self.write();
                if let Some(fresh) = self.fresh.last_mut() {
                    *fresh = false;
                }
            }
            TagEnd::DefinitionListTitle => self.write(),
            TagEnd::CodeBlock => {
                self.is_code = false;
                self.control("EE", &[]);
                self.control("RE", &[]);
            }
            TagEnd::Item | TagEnd::DefinitionListDefinition => {
                self.write();
                self.fresh.pop();
            }
            TagEnd::Emphasis | TagEnd::Strong => _ = self.fonts.pop(),
            TagEnd::TableCell => self.row.push(std::mem::take(&mut self.text)),
            TagEnd::TableHead => self.head = std::mem::take(&mut self.row),
            TagEnd::TableRow => self.write_row(),
            _ => {}
        }
    }

    fn control(&mut self, name: &str, arguments: &[&str]) {
        self.roff.control(name, arguments.iter().copied());
    }

    fn write(&mut self) {
        if !self.text.is_empty() {
            self.roff.text(std::mem::take(&mut self.text));
        }
    }

    /// The first cell is the term; if there is more than one other, each says what it is.
    fn write_row(&mut self) {
        let mut cells = std::mem::take(&mut self.row).into_iter();
        let heads = std::mem::take(&mut self.head);
        self.control("TP", &[]);
        self.text = cells.next().unwrap_or_default();
        self.write();
        for (nth, (head, cell)) in heads.iter().skip(1).zip(cells).filter(|(_, cell)| !cell.is_empty()).enumerate() {
            if nth > 0 {
                self.control("br", &[]);
            }
            if heads.len() > 2 {
                self.text = head.clone();
                self.text.push(roman(": "));
            }
            self.text.extend(cell);
            self.write();
        }
        self.head = heads;
    }
}

/// The text of a part, without its font.
fn plain(inline: Inline) -> String {
    match inline {
        Inline::Roman(text) | Inline::Bold(text) | Inline::Italic(text) => text,
        Inline::LineBreak => " ".to_owned(),
    }
}
