//! Patterns of links, prepared to be held against a link all at once.
//!
//! Takes in patterns in canonical form and a link, gives out the first pattern that matches. What a link is
//! and which form a pattern has is not known here: `links` knows both.
//!
//! A look-up costs time linear in the link and in all patterns together. The ends of a pattern, which stand
//! before its first star and behind its last, are compared once. The words between its stars are found
//! leftmost, those of all patterns in one pass over the link (Aho and Corasick, 1975). Only where words end
//! in one another does a position of the link cost a step more for each.

#![allow(clippy::indexing_slicing, reason = "nodes and words are numbered by their automaton")]

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use rustc_hash::FxBuildHasher;

use super::links::{Link, sides};

/// The prepared patterns. They are known by their positions, and their texts are kept elsewhere.
#[derive(Debug, Clone, Default)]
pub(super) struct Patterns {
    of_hosts: WordLists,
    of_paths: WordLists,
}

impl Patterns {
    pub(super) fn of<'p>(patterns: impl Iterator<Item = &'p str>) -> Self {
        let mut new = Self::default();
        for (number, pattern) in patterns.enumerate().filter(|(_, pattern)| !is_scheme(pattern)) {
            let (host, path) = sides(pattern);
            new.of_hosts.add(number, host);
            new.of_paths.add(number, path);
        }
        new.of_hosts.automaton.link();
        new.of_paths.automaton.link();
        new
    }

    /// The position of the first pattern that matches a link. A pattern that is no scheme and no universal
    /// link matches nothing. The patterns are those from which this was made.
    pub(super) fn first<'p>(
        &self,
        link: &Link<'_>,
        patterns: impl Iterator<Item = &'p str> + Clone,
    ) -> Option<usize> {
        let search = link.sides().map(|(host, path)| {
            (Search::new(&self.of_hosts, host), Search::new(&self.of_paths, path))
        });
        let hosts = || patterns.clone().map(|pattern| sides(pattern).0);
        let paths = || patterns.clone().map(|pattern| sides(pattern).1);
        patterns.clone().enumerate().position(|(number, pattern)| match &search {
            _ if is_scheme(pattern) => link.has_scheme(pattern),
            Some((host, path)) => {
                let (of_host, of_path) = sides(pattern);
                host.holds(number, of_host, hosts) && path.holds(number, of_path, paths)
            }
            None => false,
        })
    }

    /// The bytes on the heap, about.
    pub(super) fn heap_bytes(&self) -> usize {
        [&self.of_hosts, &self.of_paths].into_iter().map(WordLists::heap_bytes).sum()
    }
}

fn is_scheme(pattern: &str) -> bool {
    pattern.ends_with(':')
}

/// The search in one side of a link: its host or its path.
struct Search<'s> {
    lists: &'s WordLists,
    text: &'s str,
    /// The patterns whose words stand in the text, once somebody asks for them.
    found: OnceCell<BTreeSet<usize>>,
}

impl<'s> Search<'s> {
    fn new(lists: &'s WordLists, text: &'s str) -> Self {
        Self { lists, text, found: OnceCell::new() }
    }

    /// Whether this side of a pattern matches; `all` gives this side of every pattern.
    fn holds<'p, S>(&self, number: usize, side: &str, all: impl FnOnce() -> S) -> bool
    where
        S: Iterator<Item = &'p str>,
    {
        between_ends(side, self.text).is_some()
            && (!self.lists.words.contains_key(&number)
                || self.found.get_or_init(|| self.lists.found(self.text, all())).contains(&number))
    }
}

/// The bytes of a text between the ends of a pattern; `None` if they do not fit.
fn between_ends(side: &str, text: &str) -> Option<Range<usize>> {
    count_steps(side.len());
    let Some((first, others)) = side.split_once('*') else {
        return (side == text).then_some(0..0);
    };
    let (_, last) = others.rsplit_once('*').unwrap_or(("", others));
    let between = text.strip_prefix(first)?.strip_suffix(last)?;
    Some(first.len()..first.len() + between.len())
}

/// The words between the stars of a pattern.
fn words_of(side: &str) -> impl Iterator<Item = &str> {
    let (_, others) = side.split_once('*').unwrap_or_default();
    let (middle, _) = others.rsplit_once('*').unwrap_or_default();
    middle.split('*').filter(|word| !word.is_empty())
}

/// The words between the stars of one side of all patterns.
#[derive(Debug, Clone, Default)]
struct WordLists {
    automaton: Automaton,
    /// By pattern with such words: their numbers, in order.
    words: BTreeMap<usize, Vec<usize>>,
}

/// A pattern that waits for the first of some words in a part of the text.
struct Waiting<'w> {
    number: usize,
    words: &'w [usize],
    part: Range<usize>,
}

impl WordLists {
    fn add(&mut self, number: usize, side: &str) {
        let words: Vec<_> = words_of(side).map(|word| self.automaton.insert(word)).collect();
        if !words.is_empty() {
            self.words.insert(number, words);
        }
    }

    /// The patterns whose ends fit a text and whose words stand between these in order.
    ///
    /// Each pattern waits for one word at a time, and takes the leftmost that begins behind the last one: if
    /// any choice leads to the end, this one does. It is looked at in vain for no longer than the word is.
    fn found<'p>(&self, text: &str, sides: impl Iterator<Item = &'p str>) -> BTreeSet<usize> {
        let mut waiting: Vec<Vec<Waiting<'_>>> = Vec::new();
        waiting.resize_with(self.automaton.lengths.len(), Vec::new);
        for (number, side) in sides.enumerate() {
            if let Some(words) = self.words.get(&number)
                && let Some(part) = between_ends(side, text)
            {
                waiting[words[0]].push(Waiting { number, words, part });
            }
        }
        let (mut found, mut node) = (BTreeSet::new(), ROOT);
        for (byte, end) in text.bytes().zip(1..) {
            node = self.automaton.step(node, byte);
            for word in self.automaton.ending(node) {
                for one in std::mem::take(&mut waiting[word]) {
                    match self.after(one, end) {
                        Some(Waiting { number, words: [], .. }) => drop(found.insert(number)),
                        Some(one) => waiting[one.words[0]].push(one),
                        None => {}
                    }
                }
            }
        }
        found
    }

    /// The words that a pattern still waits for after its word has ended somewhere; `None` if it ended too late.
    fn after<'w>(&self, mut one: Waiting<'w>, end: usize) -> Option<Waiting<'w>> {
        count_steps(1);
        let (word, others) = one.words.split_first()?;
        if end - self.automaton.lengths[*word] >= one.part.start {
            one.words = others;
            one.part.start = end;
        }
        (end <= one.part.end).then_some(one)
    }

    fn heap_bytes(&self) -> usize {
        let lists = self.words.values().map(|words| size_of_val(words.as_slice()) + 32);
        self.automaton.nodes.len() * (size_of::<Node>() + 32) + lists.sum::<usize>()
    }
}

// ---------------------------------------------------------------- automaton

/// The node of the empty word.
const ROOT: usize = 0;

/// The automaton of Aho and Corasick: a trie of words, in which each node leads to the node of the longest
/// end of its text that is in the trie, too.
#[derive(Debug, Clone)]
struct Automaton {
    nodes: Vec<Node>,
    next: HashMap<(usize, u8), usize, FxBuildHasher>,
    /// By word: its length in bytes.
    lengths: Vec<usize>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    /// The node before and the byte that leads here.
    from: (usize, u8),
    depth: usize,
    /// The node of the longest end of its text.
    fallback: usize,
    /// The word that it completes.
    word: Option<usize>,
    /// The nearest node on the way over fallbacks that completes a word; the root if none does.
    shorter: usize,
}

impl Default for Automaton {
    fn default() -> Self {
        Self { nodes: vec![Node::default()], next: HashMap::default(), lengths: Vec::new() }
    }
}

impl Automaton {
    /// The number of a word, which is added if it is new.
    fn insert(&mut self, word: &str) -> usize {
        let node = word.bytes().fold(ROOT, |node, byte| {
            let nodes = &mut self.nodes;
            *self.next.entry((node, byte)).or_insert_with(|| {
                let depth = nodes[node].depth + 1;
                nodes.push(Node { from: (node, byte), depth, ..Node::default() });
                nodes.len() - 1
            })
        });
        let lengths = &mut self.lengths;
        *self.nodes[node].word.get_or_insert_with(|| {
            lengths.push(word.len());
            lengths.len() - 1
        })
    }

    /// Sets the fallbacks, when all words are in: those of shorter texts first.
    fn link(&mut self) {
        let mut order: Vec<_> = (ROOT + 1..self.nodes.len()).collect();
        order.sort_by_key(|node| self.nodes[*node].depth);
        for node in order {
            let (before, byte) = self.nodes[node].from;
            let fallback = match before {
                ROOT => ROOT,
                _ => self.step(self.nodes[before].fallback, byte),
            };
            let Node { word, shorter, .. } = self.nodes[fallback];
            self.nodes[node].fallback = fallback;
            self.nodes[node].shorter = if word.is_some() { fallback } else { shorter };
        }
    }

    /// The node after one more byte of a text. Over the text, falling back takes no more steps than bytes.
    fn step(&self, mut node: usize, byte: u8) -> usize {
        loop {
            count_steps(1);
            match self.next.get(&(node, byte)) {
                Some(next) => return *next,
                None if node == ROOT => return ROOT,
                None => node = self.nodes[node].fallback,
            }
        }
    }

    /// The words that end where the text of a node does, the longest first.
    fn ending(&self, node: usize) -> impl Iterator<Item = usize> {
        let shorter = |node: &usize| Some(self.nodes[*node].shorter).filter(|next| *next != ROOT);
        let nodes = std::iter::successors(Some(node), shorter).inspect(|_| count_steps(1));
        nodes.filter_map(|node| self.nodes[node].word)
    }
}

// ---------------------------------------------------------------- work

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts steps, for tests that bound them.
#[inline]
fn count_steps(_number: usize) {
    #[cfg(test)]
    STEPS.set(STEPS.get() + _number);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The patterns that match a link.
    fn matching(patterns: &[String], link: &str) -> Vec<usize> {
        let link = Link::parse(link).unwrap();
        let prepared = Patterns::of(patterns.iter().map(String::as_str));
        let mut found = Vec::new();
        // Patterns before one that was found are none, and those behind it are asked by themselves.
        let mut rest = prepared.first(&link, patterns.iter().map(String::as_str));
        while let Some(at) = rest {
            found.push(at);
            rest = (at + 1..patterns.len()).find(|at| {
                let one = || std::iter::once(patterns[*at].as_str());
                Patterns::of(one()).first(&link, one()).is_some()
            });
        }
        found
    }

    /// The matching relation of patterns by its definition, at exponential cost.
    fn defined(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], text) => text.is_empty(),
            ([b'*', rest @ ..], text) => (0..=text.len()).any(|at| defined(rest, &text[at..])),
            ([one, pattern @ ..], [other, text @ ..]) => one == other && defined(pattern, text),
            (_, []) => false,
        }
    }

    fn words(letters: &[char], longest: usize) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut last = words.clone();
        for _ in 0..longest {
            let mut longer = Vec::new();
            for word in &last {
                longer.extend(letters.iter().map(|c| format!("{word}{c}")));
            }
            last = longer;
            words.extend(last.clone());
        }
        words
    }

    #[test]
    fn all_short_patterns_together_match_as_defined() {
        let patterns = words(&['a', 'b', '*'], 5);
        let prepared: Vec<_> = patterns.iter().map(|pattern| format!("x/{pattern}")).collect();
        for text in words(&['a', 'b'], 6) {
            let lists = Patterns::of(prepared.iter().map(String::as_str)).of_paths;
            let path = format!("/{text}");
            let search = Search::new(&lists, &path);
            for (number, pattern) in prepared.iter().enumerate() {
                let all = || prepared.iter().map(|pattern| sides(pattern).1);
                let expected = defined(patterns[number].as_bytes(), text.as_bytes());
                let found = search.holds(number, sides(pattern).1, all);
                assert_eq!(found, expected, "{pattern} {text}");
            }
        }
    }

    #[test]
    fn the_first_pattern_is_found_among_others() {
        let patterns = ["x.com/*a*b*c", "wbx:", "*.b*.com/*a*", "x.com/*a*b*", "*", "x.com"];
        let patterns = patterns.map(str::to_owned);
        assert_eq!(matching(&patterns, "https://x.com/a-b"), [3]);
        assert_eq!(matching(&patterns, "https://x.com/aabbc"), [0, 3]);
        assert_eq!(matching(&patterns, "https://x.com/ba"), [0; 0]);
        assert_eq!(matching(&patterns, "https://x.com/"), [4, 5]);
        assert_eq!(matching(&patterns, "https://a.bb.com/xa"), [2]);
        #[cfg(feature = "compile")]
        assert_eq!(matching(&patterns, "https://.bb.com.com/xa"), [2]);
        assert_eq!(matching(&patterns, "w\tbx://x"), [1]);
    }

    #[test]
    fn long_links_and_many_patterns_cost_what_their_lengths_say() {
        let kinds: [fn(usize) -> String; 6] = [
            |number| format!("*.host{number}.example/*"),
            |number| format!("x.com/*aaaa{number}*/end"),
            |number| format!("x.com/*{}*{number}b*", "a".repeat(1 + number % 4)),
            |number| format!("*{}*.com/*", "*aa".repeat(1 + number % 50)),
            |number| format!("s{number}:"),
            |number| format!("x.com/*a{}*{}c*", number % 7, "a".repeat(number % 40)),
        ];
        let long = "a".repeat(900_000);
        let links = [
            format!("https://x.com/{long}"),
            format!("https://{long}.com/"),
            format!("{}s77777:", " ".repeat(900_000)),
            format!("s{}77777:", "\t".repeat(900_000)),
            format!("https://x.com/{}", "aaaa1".repeat(180_000)),
        ];
        for (kind, link) in kinds.iter().flat_map(|kind| links.iter().map(move |link| (kind, link)))
        {
            let patterns: Vec<_> = (0..2000).map(kind).collect();
            let prepared = Patterns::of(patterns.iter().map(String::as_str));
            let parsed = Link::parse(link).unwrap();
            STEPS.set(0);
            let found = prepared.first(&parsed, patterns.iter().map(String::as_str));
            let size = link.len() + patterns.iter().map(String::len).sum::<usize>();
            assert!(STEPS.get() < 12 * size, "{}: {} for {size}", patterns[7], STEPS.get());
            assert!(found.is_none() || link.contains("host") || link.contains("aaaa"), "{found:?}");
        }
    }
}
