//! Every page, in both languages: well formed, complete, and as it was approved.
mod account_samples;
mod bases_samples;
mod formats;
mod html;
mod keys;
mod pages;
mod rights_samples;
mod samples;
