//! A repository through the acts of its life, and through what may happen to it.
mod life;
mod make;
mod trouble;
