package main

import (
	"archive/tar"
	"archive/zip"
	"cmp"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

func (id identity) epoch() string { return strconv.FormatInt(id.Time.Unix(), 10) }

// archive writes the binary and the documents: zip for Windows, tar.gz for others. All lies in one folder.
func (b *builder) archive(t target, binary, notices string) error {
	files := append(slices.Clone(b.docs), file{t.binary(), binary, 0o755}, file{"THIRD-PARTY-NOTICES", notices, 0o644})
	slices.SortFunc(files, func(x, y file) int { return cmp.Compare(x.name, y.name) })
	ending, write := ".tar.gz", b.tarball
	if t.os == "windows" {
		ending, write = ".zip", b.zip
	}
	f, err := os.Create(filepath.Join(b.dist, b.base(t)+ending))
	if err != nil {
		return err
	}
	return errors.Join(write(f, b.base(t), files), f.Close())
}

func (b *builder) tarball(w io.Writer, folder string, files []file) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	out := tar.NewWriter(z)
	for _, f := range files {
		st, err := os.Stat(f.source)
		if err != nil {
			return err
		}
		h := &tar.Header{
			Typeflag: tar.TypeReg, Name: folder + "/" + f.name, Size: st.Size(), Mode: int64(f.mode),
			ModTime: b.id.Time, Format: tar.FormatUSTAR, Uname: "root", Gname: "root",
		}
		if err := out.WriteHeader(h); err != nil {
			return err
		}
		if err := copyFile(out, f.source); err != nil {
			return err
		}
	}
	return errors.Join(out.Close(), z.Close())
}

func (b *builder) zip(w io.Writer, folder string, files []file) error {
	out := zip.NewWriter(w)
	for _, f := range files {
		h := &zip.FileHeader{Name: folder + "/" + f.name, Method: zip.Deflate, Modified: b.id.Time}
		h.SetMode(f.mode)
		entry, err := out.CreateHeader(h)
		if err != nil {
			return err
		}
		if err := copyFile(entry, f.source); err != nil {
			return err
		}
	}
	return out.Close()
}

func copyFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}
