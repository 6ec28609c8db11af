//! Every path in a module: imports, expressions, types, patterns, and the tokens of macros.

use std::path::PathBuf;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, ExprUnsafe, ImplItem, ImplItemFn, Item, ItemFn, ItemUse, Pat, Path, Safety,
    Signature, TraitItemFn, UseTree, Visibility,
};

use super::source::{Module, Name, is_for_tests};

/// A name that a `use` brings into a module.
#[derive(Debug)]
pub(super) struct Import {
    /// The name in this module; none for a glob.
    pub(super) binding: Option<String>,
    pub(super) path: Name,
}

/// A function, by its name and its length in lines.
pub(super) struct Function {
    pub(super) name: String,
    pub(super) lines: usize,
}

/// What the tests need to know of a module.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) file: PathBuf,
    pub(super) imports: Vec<Import>,
    /// Paths that are used, with the lines where they are.
    pub(super) paths: Vec<(Name, usize)>,
    /// Paths in patterns, also those of `matches!`.
    pub(super) patterns: Vec<(Name, usize)>,
    pub(super) functions: Vec<Function>,
    /// Lines with the word `unsafe`.
    pub(super) unsafe_lines: Vec<usize>,
    /// The names of the items that the module defines.
    pub(super) defined: Vec<String>,
}

impl Contents {
    pub(super) fn of(module: &Module) -> Self {
        let mut contents = Self { file: module.file.clone(), ..Self::default() };
        for item in &module.items {
            contents.defined.extend(name_of(item));
            contents.visit_item(item);
        }
        contents
    }

    fn import(&mut self, tree: &UseTree, before: &[String], line: usize) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        let (binding, path) = match tree {
            UseTree::Path(tree) => return self.import(&tree.tree, &with(&tree.ident), line),
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import(tree, before, line));
            }
            UseTree::Name(tree) if tree.ident == "self" => {
                (before.last().cloned(), before.to_vec())
            }
            UseTree::Name(tree) => (Some(tree.ident.to_string()), with(&tree.ident)),
            UseTree::Rename(tree) if tree.ident == "self" => {
                (Some(tree.rename.to_string()), before.to_vec())
            }
            UseTree::Rename(tree) => (Some(tree.rename.to_string()), with(&tree.ident)),
            UseTree::Glob(_) => (None, before.to_vec()),
        };
        self.paths.push((path.clone(), line));
        self.imports.push(Import { binding, path });
    }

    fn function(&mut self, signature: &Signature, block: &Block) {
        let (start, end) = (signature.fn_token.span, block.brace_token.span.close());
        let lines = end.end().line + 1 - start.start().line;
        self.functions.push(Function { name: signature.ident.to_string(), lines });
        if let Safety::Unsafe(word) = &signature.safety {
            self.unsafe_lines.push(word.span.start().line);
        }
    }

    /// Reads `a::b::c` wherever it occurs among tokens.
    fn tokens(&mut self, tokens: TokenStream, are_patterns: bool) {
        let mut path: Name = Vec::new();
        let (mut line, mut colons) = (0, 0);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if ident == "unsafe" {
                        self.unsafe_lines.push(ident.span().start().line);
                    }
                    if colons != 2 {
                        self.finish(&mut path, line, are_patterns);
                        line = ident.span().start().line;
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.finish(&mut path, line, are_patterns);
                    self.tokens(group.stream(), are_patterns);
                    colons = 0;
                }
                _ => {
                    self.finish(&mut path, line, are_patterns);
                    colons = 0;
                }
            }
        }
        self.finish(&mut path, line, are_patterns);
    }

    fn finish(&mut self, path: &mut Name, line: usize, is_pattern: bool) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            if is_pattern {
                self.patterns.push((path.clone(), line));
            }
            self.paths.push((path, line));
        }
    }
}

impl<'a> Visit<'a> for Contents {
    fn visit_item(&mut self, item: &'a Item) {
        // Modules inside a file are modules of their own.
        if !matches!(item, Item::Mod(_)) && !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'a ImplItem) {
        let attributes = match item {
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Const(item) => &item.attrs,
            _ => return visit::visit_impl_item(self, item),
        };
        if !is_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        self.import(&item.tree, &[], item.use_token.span.start().line);
    }

    fn visit_item_fn(&mut self, item: &'a ItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'a ImplItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'a TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_expr_unsafe(&mut self, block: &'a ExprUnsafe) {
        self.unsafe_lines.push(block.unsafe_token.span.start().line);
        visit::visit_expr_unsafe(self, block);
    }

    fn visit_item_impl(&mut self, item: &'a syn::ItemImpl) {
        self.unsafe_lines.extend(item.unsafety.iter().map(|token| token.span.start().line));
        visit::visit_item_impl(self, item);
    }

    fn visit_pat(&mut self, pattern: &'a Pat) {
        let path = match pattern {
            Pat::Path(pattern) => Some(&pattern.path),
            Pat::TupleStruct(pattern) => Some(&pattern.path),
            Pat::Struct(pattern) => Some(&pattern.path),
            _ => None,
        };
        self.patterns.extend(path.map(|path| (segments(path), line_of(path))));
        visit::visit_pat(self, pattern);
    }

    fn visit_path(&mut self, path: &'a Path) {
        self.paths.push((segments(path), line_of(path)));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'a syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone(), call.path.is_ident("matches"));
    }

    // `pub(super)` uses nothing, and attributes are the compiler's.
    fn visit_visibility(&mut self, _: &'a Visibility) {}
    fn visit_attribute(&mut self, _: &'a Attribute) {}
}

fn segments(path: &Path) -> Name {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

fn line_of(path: &Path) -> usize {
    path.segments.first().map_or(0, |segment| segment.ident.span().start().line)
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}
