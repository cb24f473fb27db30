;; What a person does in Emacs, with the configuration of docs/editor.md. -*- lexical-binding: t -*-

(require 'eglot)
(require 'flymake)

(setq eglot-sync-connect t
      eglot-connect-timeout 20
      ;; Nobody looks at this Emacs: it tells what it finds at the end.
      inhibit-message t)

(defun wait (what holds)
  "Wait until HOLDS gives something, or fail with WHAT."
  (let ((end (+ (float-time) 20)) found)
    (while (and (not (setq found (funcall holds))) (< (float-time) end))
      (accept-process-output nil 0.05))
    (or found (error "%s does not come" what))))

(defun told ()
  "The texts of the diagnostics of this buffer."
  (mapcar #'flymake-diagnostic-text (flymake-diagnostics)))

(defun tells (text)
  "Whether a diagnostic has a TEXT."
  (seq-some (lambda (one) (string-match-p (regexp-quote text) one)) (told)))

(with-current-buffer (find-file-noselect "notes.mam")
  (unless (eq major-mode 'mam-mode) (error "the mode is %s" major-mode))
  ;; In batch mode no hook runs after a command: the server is started at once.
  (eglot--maybe-activate-editing-mode)
  (unless (eglot-current-server)
    (apply #'eglot (eglot--guess-contact)))
  (wait "the server" #'eglot-current-server)

  ;; Errors while typing.
  (goto-char (point-min))
  (search-forward "protect notes")
  (insert "x")
  (eglot--signal-textDocument/didChange)
  (flymake-start)
  (wait "an error" (lambda () (tells "nothing is called `notesx`")))
  (delete-char -1)
  (eglot--signal-textDocument/didChange)
  (wait "its end" (lambda () (not (tells "notesx"))))

  ;; Lints when idle.
  (wait "a lint" (lambda () (tells "matches no movement")))

  ;; The layout.
  (goto-char (point-min))
  (search-forward "for     any")
  (replace-match "for any")
  (eglot-format-buffer)
  (goto-char (point-min))
  (unless (search-forward "for     any" nil t) (error "the text is not laid out"))

  ;; A hover, and the declaration of a name.
  (goto-char (point-min))
  (search-forward "protect not")
  (let* ((server (eglot-current-server))
         (place (eglot--TextDocumentPositionParams))
         (hover (jsonrpc-request server :textDocument/hover place))
         (place (jsonrpc-request server :textDocument/definition place)))
    (unless (string-match-p "com.example.notes" (format "%s" hover)) (error "the hover is %s" hover))
    (unless (equal (plist-get (plist-get (plist-get place :range) :start) :line) 2)
      (error "the declaration is %s" place)))
  (set-buffer-modified-p nil)
  (eglot-shutdown (eglot-current-server) nil 5))

(setq inhibit-message nil)
(message "all is well")
