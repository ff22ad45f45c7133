//! Every page, in both languages: well formed, complete, and as it was approved.
mod formats;
mod html;
mod keys;
mod pages;
mod samples;
