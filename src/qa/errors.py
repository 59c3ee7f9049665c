"""Every error the product can name, as one tree; each message ends with what to do about it.

QAError
├── ConfigError                    a setting is unknown or impossible
│   └── TokensUnusable             a token is too weak, or the file of tokens is not as it should be
├── AccessError                    a request may not have what it asks for
│   ├── TokenMissing               it has no token, or none that is known
│   └── RoleMissing                its token may read, and no more
├── ServiceBusy                    the service cannot take the request just now
│   ├── RateExceeded               this client has sent too many
│   ├── Overloaded                 too many are waiting already
│   └── ShuttingDown               the service is being stopped
├── CorpusError                    the corpus folder as a whole cannot be indexed
│   ├── CorpusMissing              the folder is not there
│   ├── CorpusEmpty                it holds no document that can be read
│   └── MassDeletion               most documents are gone at once, and nobody said that this is meant
├── DocumentError                  one file cannot be used; indexing reports it and goes on
│   ├── UnsupportedFormat          no parser reads this kind of file
│   ├── UnreadableDocument         its bytes are not what they claim to be, or may not be read
│   │   └── ParserDied             the process that read it ended: the file's doing, or the machine's
│   ├── NoText                     it was read, and there is no text in it
│   ├── DocumentTooLarge           over the size limit
│   └── ParserTimeout              the parser ran past its time limit
├── CollectionError                a request names no collection that it can have
│   ├── CollectionUnknown          there is none of that name, or none for this token
│   └── CollectionNeeded           there are several, and it names none
├── DocumentUnknown                no document of this id is in the index
├── OriginalUnavailable            the corpus no longer has the file that a document was read from
│   ├── OriginalChanged            there is a file, and its bytes are others
│   └── OriginalGone               there is none
├── CorpusChangeError              a file cannot be put into the corpus or taken out of it
│   ├── ChangesForbidden           the settings do not let the service change the corpus
│   ├── UnusableName               the name is none that a document may have
│   ├── NoSuchFile                 there is no such file
│   ├── NameTaken                  there is such a file already
│   └── ChangeNotWritten           the system refuses: no permission, no room
├── IndexStoreError
│   ├── IndexMissing               nothing published yet: run `qa index`
│   ├── IndexIncompatible          other format version or other encoder: rebuild
│   ├── IndexCorrupt               a checksum differs
│   ├── IndexBusy                  another build holds the lock
│   └── BuildFailed                a build ended before it could publish; the last generation stays
├── JournalUnavailable             what users say and ask cannot be written down or read
├── SandboxUnavailable             the processes in which files are read cannot be started
├── ModelUnavailable               weights or an extra missing; the message is the remedy
├── ModelUnknown                   no model of that name can be asked
├── BackendUnavailable             the remote engine does not answer
├── InvalidQuestion                empty, or over the limit
├── AddressUnavailable             the service cannot listen where it should
├── EvaluationError                what an evaluation reads or writes cannot be used
│   └── QuestionSetError           a set of questions is not as it should be; names file, line and remedy
├── BundleError                    a bundle cannot be written, or is not whole
├── DepotError                     the place where generations are pushed and pulled cannot be used
│   ├── DepotEmpty                 nothing has been pushed there yet
│   └── DepotDamaged               what it holds is not what it should be
└── CitationMismatch               a quotation is not in its text: our bug, never the user's

The service maps each class to an HTTP status and the command line to an exit code; a test walks this tree and fails
on a class that is mapped nowhere.
"""


class QAError(Exception):
    """Base of all errors that the product raises on purpose.

    `message` says what is wrong; `remedy` says what to do and ends the printed form.
    """

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}"


class ConfigError(QAError):
    """A setting is unknown or impossible."""


class TokensUnusable(ConfigError):
    """A token is too weak, or the file of tokens is not as it should be."""


class AccessError(QAError):
    """A request may not have what it asks for."""


class TokenMissing(AccessError):
    """A request has no token, or none that is known."""


class RoleMissing(AccessError):
    """The token of a request may read, and no more."""


class ServiceBusy(QAError):
    """The service cannot take the request just now."""


class RateExceeded(ServiceBusy):
    """A client has sent too many requests in a short time."""


class Overloaded(ServiceBusy):
    """Too many requests are waiting already."""


class ShuttingDown(ServiceBusy):
    """The service is being stopped."""


class CorpusError(QAError):
    """The corpus folder as a whole cannot be indexed."""


class CorpusMissing(CorpusError):
    """The corpus folder does not exist."""


class CorpusEmpty(CorpusError):
    """The corpus folder holds no document that can be read."""


class CorpusUnreadable(CorpusError):
    """The machine cannot read the corpus just now, which says nothing about its files."""


class MassDeletion(CorpusError):
    """Most documents are gone at once: more likely a folder that is not mounted than a wish."""


class DocumentError(QAError):
    """One file cannot be used; indexing reports it as skipped and goes on."""


class UnsupportedFormat(DocumentError):
    """No parser reads this kind of file."""


class UnreadableDocument(DocumentError):
    """The file may not be read, or its bytes are not what they claim to be."""


class ParserDied(UnreadableDocument):
    """The process that read the file ended by itself: it crashed or was killed, by the file or the machine."""


class NoText(DocumentError):
    """The file was read and there is no text in it."""


class DocumentTooLarge(DocumentError):
    """The file is over the size limit."""


class ParserTimeout(DocumentError):
    """The parser ran past its time limit."""


class CollectionError(QAError):
    """What is asked for needs a collection that it does not name."""


class CollectionUnknown(CollectionError):
    """There is no collection of this name."""


class CollectionNeeded(CollectionError):
    """There are several collections, and none is named."""


class DocumentUnknown(QAError):
    """No document of this id is in the index."""


class OriginalUnavailable(QAError):
    """The corpus no longer has the file that a document was read from."""


class OriginalChanged(OriginalUnavailable):
    """The file has changed since it was indexed."""


class OriginalGone(OriginalUnavailable):
    """The file is no longer in the corpus."""


class CorpusChangeError(QAError):
    """A file cannot be put into the corpus or taken out of it."""


class ChangesForbidden(CorpusChangeError):
    """The settings do not let the service change the corpus."""


class UnusableName(CorpusChangeError):
    """The name is none that a document may have."""


class NoSuchFile(CorpusChangeError):
    """There is no such file in the corpus."""


class NameTaken(CorpusChangeError):
    """There is a file of this name already."""


class ChangeNotWritten(CorpusChangeError):
    """The system does not let the corpus be changed."""


class IndexStoreError(QAError):
    """The index on disk cannot be used as it is."""


class IndexMissing(IndexStoreError):
    """No generation has been published yet."""


class IndexIncompatible(IndexStoreError):
    """The generation was made by another format version or another encoder."""


class IndexCorrupt(IndexStoreError):
    """A file of the generation differs from its manifest."""


class IndexBusy(IndexStoreError):
    """Another build holds the lock."""


class BuildFailed(IndexStoreError):
    """A build ended before it could publish; the last generation stays."""


class JournalUnavailable(QAError):
    """The journal cannot be written or read."""


class SandboxUnavailable(QAError):
    """The processes in which files are read cannot be started."""


class ModelUnavailable(QAError):
    """Model weights or an optional dependency are missing."""


class ModelUnknown(QAError):
    """No model of that name can be asked."""


class BackendUnavailable(QAError):
    """A remote engine does not answer."""


class InvalidQuestion(QAError):
    """The question is empty or over the length limit."""


class AddressUnavailable(QAError):
    """The service cannot listen on the address it was given."""


class EvaluationError(QAError):
    """What an evaluation reads or writes cannot be used."""


class QuestionSetError(EvaluationError):
    """A set of questions is not as it should be."""


class BundleError(QAError):
    """A bundle cannot be written, or is not whole."""


class DepotError(QAError):
    """The place where generations are pushed and pulled cannot be used."""


class DepotEmpty(DepotError):
    """Nothing has been pushed to the depot yet."""


class DepotDamaged(DepotError):
    """What the depot holds is not what it should be."""


class CitationMismatch(QAError):
    """A quotation is not the slice of its text that it claims to be: a bug of ours, never the user's."""
