//! Every page, in both languages: well formed, complete, and as it was approved.
mod account_samples;
mod bases_samples;
mod diagnosis_samples;
mod formats;
mod html;
mod keys;
mod organisation_samples;
mod pages;
mod rights_samples;
mod samples;
mod starts;
mod wizard_samples;
